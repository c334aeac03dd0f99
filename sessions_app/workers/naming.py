"""The workers' half of naming: generate a name, or use a fallback. Nothing here enqueues.

When naming is due is a column; whether a person asked for it, and how often it failed, is in the session's log.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kern.errors import InvalidSessionNameError, ModelError
from kern.naming import FIRST_MESSAGES, MOST_WORDS, generate_name
from kern.session import NameSource
from kern.validation.text import one_line
from sessions_app import desk
from sessions_app.changes.kinds import Kind, kinds_about
from sessions_app.changes.log import record
from sessions_app.changes.payloads import NotNamed
from sessions_app.infrastructure import broken_rows, clock
from sessions_app.models import Message, Person, Session
from sessions_app.policy import names
from sessions_app.policy.naming_rules import Refusal
from sessions_app.store import DjangoDb
from sessions_app.store.transactions import release_connections

log = logging.getLogger(__name__)

BATCH = 200
#: Lease of a naming: no other worker takes the session; after a worker's death the next one does.
CLAIM = timedelta(seconds=180)
RETRY_AFTER = timedelta(seconds=60)
MOST_FAILURES = 2
LONGEST_FALLBACK = 60
LONGEST_NOTE = 300


@dataclass
class Naming:
    """A claimed naming. `until` is the claim's value of `name_due_at`: another value means that it was lost."""

    session: Session
    until: datetime
    asked_by: Person | None
    failures: int

    @property
    def may_replace(self) -> bool:
        """True if the session may get the name: not over a person's, unless a person asked for it since."""
        return self.asked_by is not None or self.session.name_source != Session.NameSource.HUMAN

    @property
    def may_keep(self) -> bool:
        """True if the current name may stay: a person's always, a generated one unless it breaks a rule of its queue."""
        session = self.session
        return bool(session.name) and (session.name_source == Session.NameSource.HUMAN or self.allows(session.name))

    def allows(self, name: str) -> bool:
        """Return whether the rules of the queue allow the name."""
        return not isinstance(names.judge(name, self.session), Refusal)


def due() -> list[str]:
    """Return ids of sessions whose naming is due."""
    waiting = Session.objects.due_for_naming().order_by("name_due_at")
    return list(waiting.values_list("session_id", flat=True)[:BATCH])


def name(session_id: str) -> None:
    """Name the session if that is due and not claimed; keeps a person's name, and any newer one."""
    naming = _claim(session_id)
    if naming is None:
        return
    if not naming.may_replace:
        _settle(naming, None)
        return
    try:
        messages = DjangoDb().opening(session_id, FIRST_MESSAGES)
        constraints = names.constraints_for(naming.session)
        release_connections()
        model = desk.naming_model(naming.session.working_agent_id)
        generated = generate_name(model, messages, constraints=constraints)
        _write(naming, generated, "auto")
    except (ModelError, desk.DeskError, InvalidSessionNameError) as error:
        _failed(naming, error)
    except Exception as error:
        if broken_rows.is_away(error):
            raise
        broken_rows.report("session", naming.session.pk, error)
        _failed(naming, error)


def _claim(session_id: str) -> Naming | None:
    with transaction.atomic():
        session = Session.objects.select_for_update().filter(session_id=session_id).first()
        if session is None or session.name_due_at is None or session.name_due_at > clock.now():
            return None
        until = session.name_due_at = clock.now() + CLAIM
        session.save(update_fields=["name_due_at"])
    asked_by, failures = _asked_and_failed(session)
    return Naming(session, until, asked_by, failures)


def _asked_and_failed(session: Session) -> tuple[Person | None, int]:
    """Return the person who asked for a generated name since the last one, and the number of failures since."""
    asked_by, failures = None, 0
    for change in session.changes.filter(kind__in=kinds_about("name")).order_by("-pk").select_related("person")[:20]:
        if change.kind == Kind.NAME_FAILED:
            failures += 1
        elif change.kind == Kind.NAME_REQUESTED:
            asked_by = change.person
            break
        else:
            break
    return asked_by, failures


def _failed(naming: Naming, error: Exception) -> None:
    """Retry later where that can help, else use the fallback."""
    note = str(error)[:LONGEST_NOTE]
    log.warning("session %s got no name: %s", naming.session.session_id, note)
    again = not getattr(error, "permanent", True) and naming.failures + 1 < MOST_FAILURES
    with transaction.atomic():
        session = Session.objects.select_for_update().filter(session_id=naming.session.session_id).first()
        if session is None:
            return
        record(session, Kind.NAME_FAILED, NotNamed(why=note, again=again))
    if again:
        _settle(naming, clock.now() + RETRY_AFTER)
    elif naming.may_keep:
        _settle(naming, None)
    else:
        _write(naming, *_stand_in(naming), note)


def _stand_in(naming: Naming) -> tuple[str, NameSource]:
    """Return the first ticket's id, else the first words, else the day; empty when there is nothing to name.

    Tickets and words are the customer's: what the queue forbids in names is left out.
    """
    ticket = naming.session.tickets.order_by("pk").values_list("ticket_id", flat=True).first() or ""
    if ticket and naming.allows(ticket):
        return ticket, "ticket"
    words = _first_words(naming.session)
    if words and naming.allows(words):
        return words, "provisional"
    day = _("Conversation of %(day)s") % {"day": date_format(timezone.localtime(naming.session.created_at), "j M")}
    return (day if (ticket or words) and naming.allows(day) else ""), "provisional"


def _first_words(session: Session) -> str:
    said = session.messages.said().filter(author_kind=Message.Author.CUSTOMER).order_by("pk")
    first = said.values_list("content", flat=True).first() or ""
    return " ".join(one_line(first).split()[:MOST_WORDS])[:LONGEST_FALLBACK].strip()


def _write(naming: Naming, name: str, source: NameSource, note: str = "") -> None:
    """Write the name if the session was not renamed since."""
    if name:
        session, by = naming.session, naming.asked_by
        DjangoDb().rename_session(session.session_id, name, source, expected_version=session.name_version, person=by, note=note)
    _settle(naming, None)


def _settle(naming: Naming, again_at: datetime | None) -> None:
    """Release the claim; a naming that became due anew in between stays due."""
    Session.objects.filter(pk=naming.session.pk, name_due_at=naming.until).update(name_due_at=again_at)
