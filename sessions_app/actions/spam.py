"""Spam: what a customer writes there calls no person, is answered by no AI, and costs nothing."""

from __future__ import annotations

from sessions_app.actions.handover import fence_off
from sessions_app.actions.locking import session_locked
from sessions_app.actions.sessions import answered_by_person, reopen_locked, stood
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import PutAway
from sessions_app.models import Change, Person, Session
from sessions_app.store.sessions import set_status


def mark(session: Session, person: Person | None) -> Change | None:
    """Mark the session as spam; returns the change, if it is one.

    Its turn ends, what it asked is dropped, and no list but that of spam has it. The customer is not told.
    Their further messages are kept, and change nothing.
    """
    with session_locked(session) as locked:
        if locked.status == Session.Status.SPAM:
            return None
        marked = PutAway(stood(locked, drops_turn=locked.runs.roots().answering().active().exists()))
        fence_off(locked, person)
        set_status(locked, Session.Status.SPAM)
        answered_by_person(locked)
        locked.settle_waiting()
        locked.name_due_at = locked.topic_due_at = None
        locked.save(update_fields=["name_due_at", "topic_due_at"])
        return record(locked, Kind.SESSION_SPAM, marked, person=person)


def unmark(session: Session, person: Person | None) -> Change | None:
    """Open a session that is no spam; returns the change, `None` where none was marked.

    What the customer wrote meanwhile is answered.
    """
    with session_locked(session) as locked:
        return reopen_locked(locked, person) if locked.status == Session.Status.SPAM else None
