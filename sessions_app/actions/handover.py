"""Handover of a conversation between the AI and a person."""

from __future__ import annotations

from django.utils.translation import gettext as _

from sessions_app.actions.locking import session_locked
from sessions_app.actions.runs import answer_unanswered, stop
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import OfMode, OfRun
from sessions_app.errors import InvalidAction
from sessions_app.models import Person, Run, Session
from sessions_app.models.assigning import AfterReply
from sessions_app.models.queue import AiMode
from sessions_app.policy import assigning


def take_over(session: Session, person: Person, *, assign: bool = True) -> None:
    """Take over: the AI's turn is cancelled and its later writes are rejected, but its partial answer is kept.

    The conversation becomes the person's if it has no assignee, unless `assign` is false.
    """
    with session_locked(session) as locked:
        if locked.ai_mode == AiMode.OFF:
            return
        _silence(locked)
        if assign and locked.assignee is None:
            locked.assignee, locked.nobody_free_at = person, None
            locked.save(update_fields=["assignee", "nobody_free_at"])
        fence_off(locked, person)
        record(locked, Kind.SESSION_TAKEN_OVER, person=person)


def lead_by_reply(session: Session, person: Person) -> None:
    """Apply what a person's reply means for the AI and for who works on it; the session's row must be locked.

    The answer that the AI writes is stopped as by taking over, the conversation becomes the person's if it has no assignee, and
    people lead from then on where the queue says so. A turn that waits for a decision goes on waiting, under the AI's lead: a
    reply drops nothing that people were asked.
    """
    active = session.runs.roots().active().first()
    waits = active is not None and active.status == Run.Status.PAUSED
    if active is not None and not waits and active.purpose == Run.Purpose.ANSWER:
        stop(session, active, person)
        session.raise_fence()
        record(session, Kind.RUN_CANCELLED, OfRun(active.run_id), person=person)
    if leads_after_reply(session) and not waits:
        _silence(session)
        record(session, Kind.SESSION_TAKEN_OVER, person=person)
    if session.assignee is None:
        assigning.put(session, person, person=person)


def leads_after_reply(session: Session) -> bool:
    """Return whether a person's reply makes people lead: the AI answers by itself, and the queue wants it so."""
    wants = session.queue is not None and session.queue.after_reply == AfterReply.PEOPLE
    return wants and session.effective_ai_mode == AiMode.AUTOPILOT


def _silence(session: Session) -> None:
    session.ai_mode_before, session.ai_mode = session.ai_mode, AiMode.OFF
    session.save(update_fields=["ai_mode", "ai_mode_before"])


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
