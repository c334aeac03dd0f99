"""Escalation: the AI stops answering, and the conversation waits for a person."""

from __future__ import annotations

from django.utils.translation import gettext as _

from sessions_app.actions.handover import fence_off
from sessions_app.actions.locking import session_locked
from sessions_app.errors import InvalidAction
from sessions_app.models import Person, Session
from sessions_app.models.hand_over import LONGEST_NOTE
from sessions_app.models.person_wanted import Reason
from sessions_app.policy.disclosure import can_ask_for_person
from sessions_app.policy.needing_person import hand_over
from sessions_app.store.sessions import open_again


def ask_for_person(session: Session) -> bool:
    """Let people answer from now on, as the customer wants; handing back restores the AI's mode.

    Returns whether anything changed: where people answer already, or the customer has asked before, nothing does.
    """
    with session_locked(session) as locked:
        if not can_ask_for_person(locked):
            return False
        hand_over(locked, Reason.ASKED)
        fence_off(locked, None)
        open_again(locked, actor=locked.customer)
    return True


def ask_colleagues(session: Session, person: Person, note: str = "") -> bool:
    """Have a colleague look at the session, with a note why; the AI is silent until someone hands back.

    Returns whether anything changed: where it needs a person already, nothing does. Raises `InvalidAction` for a note that is
    too long, and for spam.
    """
    words = note.strip()
    if len(words) > LONGEST_NOTE:
        raise InvalidAction(_("The note is too long: write at most %(most)d characters.") % {"most": LONGEST_NOTE})
    with session_locked(session) as locked:
        if locked.status == Session.Status.SPAM:
            raise InvalidAction(_("This conversation is marked as spam. Take that back first."))
        if not hand_over(locked, Reason.COLLEAGUE, by=str(person), person=person, note=words):
            return False
        fence_off(locked, person)
        open_again(locked, person=person)
    return True
