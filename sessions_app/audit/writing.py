"""Append audit entries, and blank the details of old ones."""

from __future__ import annotations

import logging
import secrets
from contextlib import suppress
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.http import HttpRequest

from kern.validation.text import storable
from sessions_app.audit.kinds import Kind
from sessions_app.audit.request import browser_of, current_request, door_of, person_of
from sessions_app.infrastructure import clock
from sessions_app.models.audit_entry import BEGINNING, AuditEntry

log = logging.getLogger(__name__)

#: Any number will do, as long as nothing else takes it: PostgreSQL's advisory lock for the end of the chain.
CHAIN_LOCK = 7_201_984
#: Longer texts are cut in `before` and `after`: an entry says what was changed, it is no copy of the row.
LONGEST_VALUE = 500


def record(
    kind: Kind,
    *,
    actor: Any = None,
    request: HttpRequest | None = None,
    subject: models.Model | str | None = None,
    name: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEntry:
    """Append an entry, in the caller's transaction where there is one; call it last, since it holds the end of the chain.

    `kind` is one of `Kind`. `actor` (a Person) and `request` are those of the request that is answered unless they are given;
    without any it was the program itself. `subject` is the row it is about, or a text; `name` how people call it.
    `before` and `after` hold what changed, without secrets and without customers' words.
    """
    request, actor = request or current_request(), actor or person_of(request or current_request())
    with transaction.atomic():
        last = _end_of_chain()
        entry = AuditEntry(
            number=last.number + 1 if last else 1,
            at=clock.now(),
            kind=kind,
            actor_id=actor.pk if actor else None,
            actor_name=_text(actor, 200) if actor else "",
            via=_text(door_of(request), 120),
            address=_address_of(request),
            browser=_text(browser_of(request), 300),
            **_described(subject, name),
            before=_plain(before),
            after=_plain(after),
            salt=secrets.token_hex(16),
            previous=last.digest if last else BEGINNING,
        )
        entry.details_digest = entry.expected_details_digest()
        entry.digest = entry.expected_digest()
        entry.save()
    # Outside of the database, too: the log file proves when an entry was removed or rewritten.
    transaction.on_commit(lambda: log.info("audit entry %d %s %s", entry.number, entry.kind, entry.digest))
    return entry


def _described(subject: models.Model | str | None, name: str) -> dict[str, str]:
    """Return the subject of an entry: a row's kind, key and name, or a text."""
    if isinstance(subject, models.Model):
        kind, key, called = subject._meta.model_name or "", _text(subject.pk, 255), name or subject
    else:
        kind, key, called = "", _text(subject or "", 255), name
    return {"subject_kind": kind, "subject_id": key, "subject_name": _text(called, 200)}


def blank(entries: models.QuerySet[AuditEntry], kind: Kind, *, after: dict[str, Any] | None = None, **more: Any) -> AuditEntry:
    """Erase the details of entries for good, and append an entry that says so and lists their numbers as `after["blanked"]`.

    `kind` and `more` are as in `record`. Entries that explain other erasures keep theirs: nothing of a customer is in them.
    """
    explaining = AuditEntry.objects.exclude(blanked_by=None).values("blanked_by")
    with transaction.atomic():
        chosen = AuditEntry.objects.filter(pk__in=entries.order_by().values("pk"), blanked_by=None).exclude(pk__in=explaining)
        numbers = list(chosen.order_by("number").values_list("number", flat=True))
        because = record(kind, after={**(after or {}), "blanked": numbers}, **more)
        AuditEntry.objects.filter(number__in=numbers).blank(because)
    return because


def _end_of_chain() -> AuditEntry | None:
    """Lock the chain and return its newest entry.

    No other transaction can append until this one ends (on SQLite no two write at once anyway).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    return AuditEntry.objects.order_by("-number").first()


def _address_of(request: HttpRequest | None) -> str:
    if request is None:
        return ""
    with suppress(PermissionDenied):
        return str(get_adapter(request).get_client_ip(request))[:45]
    return ""


def _plain(values: Any) -> Any:
    """Return the values as JSON that every database returns unchanged: no fractions, no long texts."""
    if values is None or isinstance(values, bool | int):
        return values
    if isinstance(values, dict):
        return {_text(key, 100): _plain(value) for key, value in values.items()}
    if isinstance(values, list | tuple | set | frozenset | models.QuerySet):
        return [_plain(value) for value in values]
    return _text(values, LONGEST_VALUE)


def _text(value: Any, longest: int) -> str:
    text = storable(str(value))
    return text if len(text) <= longest else text[: longest - 1] + "…"
