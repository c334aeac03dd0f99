"""The turn in a conversation, by one rule that is applied at the end of every transaction that may change it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import Entry, record_all_unseen
from sessions_app.changes.payloads import Waiting
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.prepared import Prepared, Slot
from sessions_app.models import Run, Session
from sessions_app.models.author import Author
from sessions_app.models.run import ACTIVE_RUN
from sessions_app.models.session import SessionSet
from sessions_app.models.waiting import WaitingFor


@dataclass(frozen=True)
class Facts:
    """The facts that decide whose turn it is; `turn` is the status of the active turn that answers the customer, if any."""

    #: False for sessions that are closed or gone.
    is_worked: bool
    needs_person: bool
    customer_waits: bool
    last_author: str
    turn: str = ""


def whose_turn(facts: Facts) -> WaitingFor:
    """Return whose turn it is.

    A request for a person outweighs all else, and a decision is a person's turn. A customer who waits has an agent at work, or
    else needs a person: the turn failed or was stopped, or no agent answers here.
    """
    if not facts.is_worked:
        return WaitingFor.NOBODY
    if facts.needs_person or facts.turn == Run.Status.PAUSED:
        return WaitingFor.PERSON
    if facts.turn:
        return WaitingFor.AGENT
    if facts.customer_waits:
        return WaitingFor.PERSON
    return WaitingFor.CUSTOMER if facts.last_author in (Author.AGENT, Author.PERSON) else WaitingFor.NOBODY


def settle(session: Session) -> None:
    """Write whose turn it is, and record a change of it. The session's row must be locked or new, and current."""
    settle_all([session])


def settle_all(sessions: Collection[Session]) -> None:
    """Settle each of these sessions as `settle` does, with as many statements for many as for one."""
    changed = _changed(sessions)
    for now in {(session.waiting_for, session.failed_at) for session, _before in changed}:
        keys = [session.pk for session, _before in changed if (session.waiting_for, session.failed_at) == now]
        Session.objects.filter(pk__in=keys).update(waiting_for=now[0], failed_at=now[1])
    changed = [(session, before) for session, before in changed if session.waiting_for != before]
    record_all_unseen([_entry(session, before) for session, before in changed])


def compute(session: Session) -> None:
    """Write whose turn it is where nothing happened to record: the session came along, or was written anew."""
    if _changed([session]):
        session.save(update_fields=["waiting_for", "failed_at"])


def _changed(sessions: Collection[Session]) -> list[tuple[Session, str]]:
    """Set whose turn it is, and whether a failure is why; returns the sessions in which that is new, with whose it was."""
    keys = [session.pk for session in sessions]
    stored = _stored(Session.objects.filter(pk__in=keys)) if len(keys) != 1 else [_OF_ONE.first(id=keys[0])]
    known = {pk: (before, failed_at, status or "") for pk, before, failed_at, status in filter(None, stored)}
    changed = []
    for session in sessions:
        before, failed_at, status = known[session.pk]
        session.waiting_for = whose_turn(_facts(session, status if status in ACTIVE_RUN else ""))
        has_failed = session.waiting_for == WaitingFor.PERSON and status == Run.Status.ERROR
        session.failed_at = (failed_at or clock.now()) if has_failed else None
        if session.waiting_for == WaitingFor.PERSON and session.waiting_since is None:
            # An agent that asks people after its answer, and a request for a person, make the customer wait again: lists find
            # what waits for people by its time.
            session.wait_from_now()
        if (session.waiting_for, session.failed_at) != (before, failed_at):
            changed.append((session, before))
    return changed


def _stored(sessions: SessionSet) -> QuerySet[Session, Any]:
    """Return whose turn it was, since when a failure is why, and the status of the newest turn."""
    newest = Run.objects.roots().answering().filter(session=OuterRef("pk")).order_by("-pk").values("status")[:1]
    return sessions.values_list("pk", "waiting_for", "failed_at", Subquery(newest))


#: Every action on a session reads it in the end.
_OF_ONE = Prepared(lambda: _stored(Session.objects.filter(pk=Slot("id", Session, "id"))))


def _facts(session: Session, turn: str) -> Facts:
    return Facts(
        is_worked=session.status in (Session.Status.OPEN, Session.Status.SNOOZED),
        needs_person=session.person_wanted_at is not None,
        customer_waits=session.waiting_since is not None,
        last_author=session.last_author_kind,
        turn=turn,
    )


def _entry(session: Session, before: str) -> Entry:
    since = session.turn_since
    told = Waiting(waiting_for=session.waiting_for, before=before, since=since.isoformat() if since else "")
    return Entry(session, Kind.SESSION_WAITING, told)
