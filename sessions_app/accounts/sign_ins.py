"""People's sign-ins: start, device, validity, and end.

A sign-in is a row of Django's sessions, whose times `kern_inbox.sign_in.session_store` keeps; allauth's `UserSession`
beside it says what its owner recognises it by. The word *session* is a conversation everywhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from ipaddress import ip_address
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import DatabaseError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from sessions_app import audit
from sessions_app.changes import publish
from sessions_app.models import Person
from sessions_app.validation.numbers import row_numbers

log = logging.getLogger(__name__)

#: Key of a sign-in's start (seconds since 1970) in its data.
BEGAN = "sign_in_began"
#: Activity is written at most so often: reading a page should not cost a write.
STEP = timedelta(minutes=1)
#: The address of whom the server knows none of, as behind a socket.
NOWHERE = "::"
#: Retention of the row of an ended sign-in, so that its browser can be told why it ended.
REMEMBERED = timedelta(days=1)
BATCH = 500


def begin(request: HttpRequest, person: Any) -> None:
    """Record the start and the device of a sign-in."""
    request.session[BEGAN] = timezone.now().timestamp()
    if not request.session.session_key:
        request.session.save()
    _note(request, person)
    # Each sign-in deletes some old rows: the table grows with the people who are signed in, not with time.
    clear_ended()


def seen(request: HttpRequest) -> None:
    """Record activity: the idle timeout of the sign-in starts anew."""
    key, known = request.session.session_key, getattr(request.session, "expires_at", None)
    now, target = timezone.now(), expires_at(request.session)
    if known is None or target is None or abs(target - known) < STEP:
        return
    try:
        # Only the time, so that a concurrent request's write to this sign-in stays.
        Session.objects.filter(session_key=key, expire_date__gt=now).update(expire_date=target)
        noted = UserSession.objects.filter(session_key=key).update(last_seen_at=now, **_place(request))
    except DatabaseError as error:
        # A database that takes no writes, as on a full disk, still has pages to read.
        log.warning("when people were last seen is not written: %s", error)
        return
    if not noted:
        _note(request, request.user)


def expires_at(data: Any) -> datetime | None:
    """Return the expiry of a sign-in that was used just now; `None` for anonymous sessions."""
    if SESSION_KEY not in data:
        return None
    now = timezone.now()
    return min(now + settings.SIGN_IN_IDLE, _began(data, now) + settings.SIGN_IN_LIFETIME)


def is_too_old(data: Any) -> bool:
    """Return whether the sign-in has reached its lifetime."""
    now = timezone.now()
    return bool(_began(data, now) + settings.SIGN_IN_LIFETIME <= now)


def why_ended(key: str) -> str:
    """Return the reason why the sign-in of this key is invalid: `idle`, `lifetime`, or `ended` by a person."""
    row = Session.objects.filter(session_key=key).first()
    if row is None:
        return "ended"
    if is_too_old(row.get_decoded()):
        return "lifetime"
    return "idle" if row.expire_date <= timezone.now() else "ended"


def people_of(keys: Collection[str]) -> dict[str, Person]:
    """Return the person of each valid sign-in; keys of others are missing. As many queries for many as for one."""
    rows = {
        row.session_key: row.get_decoded()
        for row in Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    }
    # Closed accounts have no valid sign-ins, even where rows are left.
    pks = row_numbers(str(data.get(SESSION_KEY, "")) for data in rows.values())
    people = {str(person.pk): person for person in Person.objects.with_second_factor().filter(pk__in=pks, is_active=True)}
    found = {key: people.get(str(data.get(SESSION_KEY))) for key, data in rows.items()}
    return {key: person for key, person in found.items() if person is not None and _counts(rows[key], person)}


def of(person: Person) -> list[UserSession]:
    """Return the person's valid sign-ins, the newest first; rows of invalid ones are deleted."""
    noted = list(UserSession.objects.filter(user=person).order_by("-created_at", "-pk"))
    count = people_of([row.session_key for row in noted])
    gone = [row.pk for row in noted if row.session_key not in count]
    if gone:
        UserSession.objects.filter(pk__in=gone).delete()
    return [row for row in noted if row.session_key in count]


@transaction.atomic
def end(rows: Iterable[UserSession], *, request: HttpRequest | None = None) -> int:
    """End these sign-ins and notify their open pages. Returns their number.

    With a `request` each end is in the audit log, with its person as the actor.
    """
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    ended = list(rows)
    for row in ended:
        store.delete(row.session_key)
        row.delete()
    for row in ended if request is not None else ():
        about = {"browser": row.user_agent, "address": row.ip, "began": row.created_at}
        audit.record(audit.Kind.SIGN_IN_ENDED, request=request, subject=row.user, before=about)
    return len(ended)


def end_all(person: Person, *, but: str | None = None, request: HttpRequest | None = None) -> int:
    """End the person's sign-ins, one excepted."""
    rows = UserSession.objects.filter(user=person).exclude(session_key=but or "").select_related("user")
    return end(rows, request=request)


def moved(old: str, new: str | None) -> None:
    """Record the new key of a sign-in."""
    UserSession.objects.filter(session_key=old).update(session_key=new)


def clear_ended() -> int:
    """Delete rows that ended more than a day ago, some at a time."""
    before = timezone.now() - REMEMBERED
    keys = list(Session.objects.filter(expire_date__lt=before).values_list("session_key", flat=True)[:BATCH])
    UserSession.objects.filter(session_key__in=keys).delete()
    Session.objects.filter(session_key__in=keys).delete()
    return len(keys)


def look_again(person: Person) -> None:
    """Make the person's open pages check their access again."""
    pk = person.pk
    transaction.on_commit(lambda: publish.look_again(people=[pk]))


def _counts(data: Mapping[str, Any], person: Person) -> bool:
    """Return whether these data belong to a valid sign-in of this person with the current password."""
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS or is_too_old(data):
        return False
    told = str(data.get(HASH_SESSION_KEY, ""))
    known = [person.get_session_auth_hash(), *person.get_session_auth_fallback_hash()]
    return any(constant_time_compare(told, one) for one in known)


def _began(data: Any, now: datetime) -> datetime:
    seconds = data.get(BEGAN)
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else now


def _note(request: HttpRequest, person: Any) -> None:
    UserSession.objects.update_or_create(session_key=request.session.session_key, defaults={"user": person, **_place(request)})


def _place(request: HttpRequest) -> dict[str, str]:
    try:
        ip = str(ip_address(get_adapter().get_client_ip(request)))
    except (PermissionDenied, ImproperlyConfigured, ValueError):
        ip = NOWHERE
    return {"ip": ip, "user_agent": request.META.get("HTTP_USER_AGENT", "")[:200]}
