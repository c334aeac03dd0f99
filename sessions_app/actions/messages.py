"""Messages: customers' messages, and replies and notes of people.

Each verb is one transaction with the session's row locked, records what happened, and hints at new work once it is committed.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from sessions_app.actions.handover import fence_off, lead_by_reply
from sessions_app.actions.idempotency import checked_key, sent_before
from sessions_app.actions.locking import NEWS, must_have_seen, session_locked
from sessions_app.actions.sessions import answered_by_person
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import OfMessage
from sessions_app.models import Message, Person, Requirement, Session
from sessions_app.models.person_wanted import Reason
from sessions_app.policy import daily_limits, naming, needing_person, stand_ins, topic_shift
from sessions_app.store.message_rows import customer_message, person_message
from sessions_app.store.sessions import open_again
from sessions_app.validation.text import checked_message


def receive(session: Session, text: str, *, idempotency_key: str = "") -> Message:
    """Store the customer's message and, where the AI answers and is free, make its next turn due. In spam it wakes no one.

    With a key that this session has seen, nothing happens and the first message is returned. Raises `IdempotencyConflict`
    when that one had other words, `InvalidAction` when the text is empty or too long, `LimitReached` when these were all
    messages of today.
    """
    return receive_once(session, text, idempotency_key)[0]


def receive_once(session: Session, text: str, idempotency_key: str) -> tuple[Message, bool]:
    """Receive as `receive` does; returns also whether the message is new."""
    words = checked_message(text)
    key = checked_key(idempotency_key)
    with session_locked(session) as locked:
        known = sent_before(locked, key, content=words, author_kind=Message.Author.CUSTOMER)
        if known is not None:
            return known, False
        daily_limits.count_message(locked)
        message = customer_message(locked, words, idempotency_key=key)
        message.save(force_insert=True)
        record(locked, Kind.MESSAGE_CUSTOMER, OfMessage(message.message_id), actor=locked.customer)
        if locked.status == Session.Status.SPAM:
            locked.said(words, message.author_kind, message.author)
        else:
            _have_answered(locked, message)
    return message, True


def _have_answered(session: Session, message: Message) -> None:
    """Open the session where a customer's message came, and call the AI or people to it."""
    open_again(session, actor=session.customer)
    Requirement.objects.pending().filter(session=session).update(look_again=True)
    session.said(message.content, message.author_kind, message.author)
    topic_shift.plan(session)
    stand_ins.renew(session)
    if word := needing_person.word_of_list(session, message.content):
        needing_person.hand_over(session, Reason.WORDS, by=_("The queue’s list of words"), note=f"“{word}”")
        fence_off(session, None)
    daily_limits.open_next(session)


def reply(session: Session, person: Person, text: str, *, seen: int) -> Message:
    """Send the customer an answer by a person, who has seen everything up to change `seen`.

    It stops the answer that the AI writes, and makes the conversation the person's if it has no assignee (`lead_by_reply`).

    Raises `StaleError` when something was said or asked since, `InvalidAction` when the text is empty or too long.
    """
    return reply_once(session, person, text, seen=seen)[0]


def reply_once(
    session: Session, person: Person, text: str, *, seen: int | None = None, idempotency_key: str = ""
) -> tuple[Message, bool]:
    """Reply as `reply` does; returns also whether the message is new.

    With a key that this session has seen, nothing happens and the first message is returned. Without `seen`, the person's
    knowledge is not checked. Raises `IdempotencyConflict` when the key came with something else.
    """
    words, key = checked_message(text), checked_key(idempotency_key)
    with session_locked(session) as locked:
        known = sent_before(locked, key, content=words, person_id=person.pk, internal=False)
        if known is not None:
            return known, False
        if seen is not None:
            must_have_seen(locked, person, seen, NEWS)
        message = person_message(locked, person, words, idempotency_key=key)
        message.save(force_insert=True)
        answered_by_person(locked)
        record(locked, Kind.MESSAGE_PERSON, OfMessage(message.message_id), person=person)
        lead_by_reply(locked, person)
        locked.said(words, message.author_kind, message.author, person)
        naming.plan(locked)
        topic_shift.plan(locked)
    return message, True


def note(session: Session, person: Person, text: str) -> Message:
    """Store a note for the team; neither the customer nor the model ever sees it. Raises `InvalidAction` as `reply`."""
    return note_once(session, person, text)[0]


def note_once(session: Session, person: Person, text: str, *, idempotency_key: str = "") -> tuple[Message, bool]:
    """Store a note as `note` does; returns also whether the note is new, as `reply_once` does."""
    words, key = checked_message(text), checked_key(idempotency_key)
    with session_locked(session) as locked:
        known = sent_before(locked, key, content=words, person_id=person.pk, internal=True, role="assistant")
        if known is not None:
            return known, False
        message = person_message(locked, person, words, internal=True, idempotency_key=key)
        message.save(force_insert=True)
        record(locked, Kind.MESSAGE_NOTE, OfMessage(message.message_id), person=person)
    return message, True
