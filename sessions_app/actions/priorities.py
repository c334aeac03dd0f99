"""The priority of conversations."""

from __future__ import annotations

from sessions_app.actions.locking import session_locked
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record_quietly
from sessions_app.changes.payloads import Prioritized
from sessions_app.models import Change, Person, Session
from sessions_app.models.triage import Priority


def set_priority(session: Session, person: Person | None, priority: Priority) -> Change | None:
    """Set the session's priority; returns the change, if it was another one before."""
    with session_locked(session) as locked:
        before = locked.urgency
        if before == priority:
            return None
        locked.priority = None if priority == Priority.NORMAL else priority.value
        locked.save(update_fields=["priority"])
        told = Prioritized(priority=priority.word, before=before.word)
        return record_quietly(locked, Kind.PRIORITY_SET, told, person=person)
