"""Escalation by the customer: the AI stops answering, and the conversation waits for a person."""

from __future__ import annotations

from sessions_app.actions.handover import fence_off
from sessions_app.actions.locking import session_locked
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.infrastructure import clock
from sessions_app.models import Session
from sessions_app.models.queue import AiMode
from sessions_app.policy.disclosure import can_ask_for_person
from sessions_app.store.sessions import open_again


def ask_for_person(session: Session) -> bool:
    """Let people answer from now on, as a takeover does; handing back restores the AI's mode.

    Returns whether anything changed: where people answer already, or the customer has asked before, nothing does.
    """
    with session_locked(session) as locked:
        if not can_ask_for_person(locked):
            return False
        locked.ai_mode_before, locked.ai_mode = locked.ai_mode, AiMode.OFF
        locked.person_wanted_at = clock.now()
        locked.save(update_fields=["ai_mode", "ai_mode_before", "person_wanted_at"])
        locked.wait_from_now()
        fence_off(locked, None)
        record(locked, Kind.SESSION_PERSON_WANTED, actor=locked.customer)
        open_again(locked, actor=locked.customer)
    return True
