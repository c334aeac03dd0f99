"""Handover of a conversation between the AI and a person."""

from __future__ import annotations

from django.utils.translation import gettext as _

from sessions_app.actions.locking import session_locked
from sessions_app.actions.runs import answer_unanswered, stop
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import OfMode
from sessions_app.errors import InvalidAction
from sessions_app.models import Person, Session
from sessions_app.models.queue import AiMode


def take_over(session: Session, person: Person) -> None:
    """Take over: the AI's turn is cancelled and its later writes are rejected, but its partial answer is kept."""
    with session_locked(session) as locked:
        if locked.ai_mode == AiMode.OFF:
            return
        locked.ai_mode_before, locked.ai_mode = locked.ai_mode, AiMode.OFF
        locked.assignee = locked.assignee or person
        locked.save(update_fields=["ai_mode", "ai_mode_before", "assignee"])
        fence_off(locked, person)
        record(locked, Kind.SESSION_TAKEN_OVER, person=person)


def hand_back(session: Session, person: Person) -> None:
    """Return the conversation to the AI with its mode before the takeover, beginning with unanswered messages.

    Does nothing without a takeover: an outdated page does not undo a mode that was set since.
    """
    with session_locked(session) as locked:
        if locked.ai_mode == AiMode.OFF:
            _change_mode(locked, locked.ai_mode_before, person)


def set_mode(session: Session, person: Person, mode: str) -> None:
    """Set the AI mode of this session; an empty `mode` is the queue's own.

    Raises `InvalidAction` for anything else. `off` is the same as taking over.
    """
    if mode == AiMode.OFF:
        take_over(session, person)
        return
    if mode and mode not in AiMode.values:
        raise InvalidAction(_("There is no such AI mode: %(mode)s.") % {"mode": mode[:20]})
    with session_locked(session) as locked:
        if locked.ai_mode != mode:
            _change_mode(locked, mode, person)


def _change_mode(session: Session, mode: str, person: Person) -> None:
    """Set a mode other than a takeover, apply it to the running turn, and answer unanswered messages."""
    before = session.effective_ai_mode
    session.ai_mode, session.ai_mode_before = mode, ""
    session.save(update_fields=["ai_mode", "ai_mode_before"])
    session.want_nobody()
    session.go_on()
    # A request for a person counts as waiting, also where every message was answered.
    session.count_waiting()
    now = session.effective_ai_mode
    # In draft mode the storage asks people about an answer, also of a turn begun under another mode.
    if now == AiMode.OFF:
        fence_off(session, person)
    if before == AiMode.OFF and now != AiMode.OFF:
        record(session, Kind.SESSION_HANDED_BACK, OfMode(mode), person=person)
    else:
        record(session, Kind.SESSION_MODE_CHANGED, OfMode(mode), person=person)
    answer_unanswered(session)


def fence_off(session: Session, person: Person | None) -> None:
    """End the AI's turn, if there is one; its later writes are rejected."""
    active = session.runs.roots().active().first()
    if active is not None:
        stop(session, active, person)
    session.raise_fence()
