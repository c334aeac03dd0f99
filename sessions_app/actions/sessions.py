"""The people's and customers' half of turns: write, answer, move a session through its day.

Each verb is one transaction with the session's row locked, records what happened, and hints at new work once it is committed.
Who leads stands in `leading`, what people have the agent do for them in `asking`; callers find every verb here.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from kern.records.message import new_id
from kern.validation.inputs import Id
from sessions_app import desk
from sessions_app.actions.handover import ask_again, cancel, hand_back, retry, set_mode, take_over
from sessions_app.actions.idempotency import checked_key, sent_before
from sessions_app.actions.locking import NEWS, must_have_seen, session_locked
from sessions_app.actions.moving import began_in, move
from sessions_app.actions.private_turns import ask_agent, ask_agent_once, draft
from sessions_app.changes.log import record
from sessions_app.errors import IdTaken, Refused
from sessions_app.infrastructure import clock
from sessions_app.models import Message, Person, Queue, Requirement, Run, Session, SessionRead
from sessions_app.policy import daily_limits, endings
from sessions_app.validation.text import checked_id, checked_line, checked_message, checked_name

__all__ = [
    "ask_again",
    "ask_agent",
    "ask_agent_once",
    "assign",
    "cancel",
    "draft",
    "hand_back",
    "mark_read",
    "move",
    "must_have_seen",
    "note",
    "note_once",
    "receive",
    "receive_once",
    "reopen",
    "reply",
    "reply_once",
    "resolve",
    "retry",
    "session_locked",
    "set_mode",
    "snooze",
    "start_session",
    "start_session_once",
    "take_over",
]

LONGEST_SNOOZE = timedelta(days=5 * 365)

# Customers ----------------------------------------------------------------------------------------------------------------


def start_session(
    queue: Queue,
    *,
    user_id: Id = "",
    customer_name: str = "",
    customer_email: str = "",
    channel: str = "page",
    session_id: Id | None = None,
) -> Session:
    """A new session in the queue; with the id of one that the same user began there, that one.

    Raises `IdTaken` when the id belongs to another user's session, `Refused` when something is too long or not
    one line.
    """
    return start_session_once(
        queue,
        user_id=user_id,
        customer_name=customer_name,
        customer_email=customer_email,
        channel=channel,
        session_id=session_id,
    )[0]


def start_session_once(
    queue: Queue,
    *,
    user_id: Id = "",
    customer_name: str = "",
    customer_email: str = "",
    channel: str = "page",
    session_id: Id | None = None,
) -> tuple[Session, bool]:
    """`start_session`, which tells too whether the session is new: of several at once, one is told so."""
    wanted = new_id() if session_id is None else checked_id(session_id, _("The session's id"))
    # Empty is a customer without an id, as everywhere in these rows.
    customer = "" if user_id == "" else checked_id(user_id, _("The user's id"))
    described = {
        "queue": queue,
        "kind": desk.kind_of(queue.agent_id),
        "user_id": customer,
        "customer_name": checked_name(customer_name, _("The name"), 120),
        "customer_email": checked_line(customer_email, _("The email address"), 254),
        "channel": channel,
    }
    with transaction.atomic():
        session, created = Session.objects.get_or_create(session_id=wanted, defaults=described)
        if created:
            record(session, "session.started", actor=session.customer)
        elif session.user_id != customer or not began_in(session, queue):
            raise IdTaken(_("This session id is taken: choose another one."))
    return session, created


def receive(session: Session, text: str, *, idempotency_key: str = "") -> Message:
    """Store what the customer wrote and, where the AI answers and is free, make its next turn due.

    With a key that this session has seen, nothing happens and the first message is returned. Raises `KeyTaken` when that one
    had other words, `Refused` when the text is empty or too long, `LimitReached` when these were all messages of today.
    """
    return receive_once(session, text, idempotency_key)[0]


def receive_once(session: Session, text: str, idempotency_key: str) -> tuple[Message, bool]:
    """`receive`, which tells too whether the message is new."""
    words = checked_message(text)
    key = checked_key(idempotency_key)
    with session_locked(session) as locked:
        known = sent_before(locked, key, content=words, author_kind=Message.Author.CUSTOMER)
        if known is not None:
            return known, False
        daily_limits.count_message(locked)
        message = Message.objects.create(session=locked, content=words, author=locked.customer, idempotency_key=key)
        record(locked, "message.customer", actor=locked.customer, message=message.message_id)
        open_again(locked, actor=locked.customer)
        Requirement.objects.pending().filter(session=locked).update(look_again=True)
        locked.said(words, message.author_kind, message.author)
        daily_limits.open_next(locked)
    return message, True


# People -------------------------------------------------------------------------------------------------------------------


def reply(session: Session, person: Person, text: str, *, seen: int) -> Message:
    """Send the customer an answer by a person, who has seen everything up to change `seen`.

    Raises `Newer` when something was said or asked since, `Refused` when the text is empty or too long.
    """
    return reply_once(session, person, text, seen=seen)[0]


def reply_once(
    session: Session, person: Person, text: str, *, seen: int | None = None, idempotency_key: str = ""
) -> tuple[Message, bool]:
    """`reply`, which tells too whether the message is new.

    With a key that this session has seen, nothing happens and the first message is returned. Without `seen`, nobody asks what
    the person has read. Raises `KeyTaken` when the key came with something else.
    """
    words, key = checked_message(text), checked_key(idempotency_key)
    with session_locked(session) as locked:
        known = sent_before(locked, key, content=words, person_id=person.pk, internal=False)
        if known is not None:
            return known, False
        if seen is not None:
            must_have_seen(locked, person, seen, NEWS)
        message = _said(locked, person, words, idempotency_key=key)
        _answered_by_person(locked)
        record(locked, "message.person", person, message=message.message_id)
        locked.said(words, message.author_kind, message.author, person)
    return message, True


def note(session: Session, person: Person, text: str) -> Message:
    """Keep a note for the team; neither the customer nor the model ever sees it. Raises `Refused` as `reply`."""
    return note_once(session, person, text)[0]


def note_once(session: Session, person: Person, text: str, *, idempotency_key: str = "") -> tuple[Message, bool]:
    """`note`, which tells too whether the note is new, as `reply_once` does."""
    words, key = checked_message(text), checked_key(idempotency_key)
    with session_locked(session) as locked:
        known = sent_before(locked, key, content=words, person_id=person.pk, internal=True, role="assistant")
        if known is not None:
            return known, False
        message = _said(locked, person, words, internal=True, idempotency_key=key)
        record(locked, "message.note", person, message=message.message_id)
    return message, True


def mark_read(session: Session, person: Person) -> None:
    """The person has seen the session up to its `last_change`; never goes back."""
    read, created = SessionRead.objects.get_or_create(
        session=session, person=person, defaults={"last_change": session.last_change}
    )
    if not created and read.last_change < session.last_change:
        SessionRead.objects.filter(pk=read.pk, last_change__lt=session.last_change).update(last_change=session.last_change)


# Where the session stands -----------------------------------------------------------------------------------------------


def assign(session: Session, person: Person, assignee: Person | None) -> None:
    """Give the session to somebody of its queue, or to nobody. Raises `Refused` when the assignee can't see it."""
    with session_locked(session) as locked:
        if assignee is not None and not Session.objects.visible_to(assignee).filter(pk=locked.pk).exists():
            raise Refused(_("%(name)s does not work this queue.") % {"name": assignee})
        if locked.assignee == assignee:
            return
        locked.assignee = assignee
        locked.save(update_fields=["assignee"])
        record(locked, "session.assigned", person, assignee=str(assignee) if assignee else "")


def resolve(session: Session, person: Person) -> None:
    """Close the session. What it still asked people is dropped; a customer's next message opens it again."""
    with session_locked(session) as locked:
        if locked.status == Session.Status.CLOSED:
            return
        for paused in locked.runs.roots().filter(status=Run.Status.PAUSED):
            endings.end(locked, paused, Run.Status.CANCELLED, person=person)
        _set_status(locked, Session.Status.CLOSED)
        _answered_by_person(locked)
        locked.settle_waiting()
        record(locked, "session.closed", person)


def reopen(session: Session, person: Person) -> None:
    """Open a closed or snoozed session; who was not answered before it was closed waits again."""
    with session_locked(session) as locked:
        was_closed = locked.status == Session.Status.CLOSED
        open_again(locked, person)
        if was_closed:
            locked.count_waiting()


def snooze(session: Session, person: Person, until: datetime | None) -> None:
    """Put the session away until then, or until the customer writes (`None`).

    Raises `Refused` for a time that has passed or is years ahead; `until` is aware.
    """
    if until is not None and until <= clock.now():
        raise Refused(_("That time has passed: choose a later one."))
    if until is not None and until > clock.now() + LONGEST_SNOOZE:
        raise Refused(_("That is too far ahead: a conversation can be snoozed for five years at most."))
    with session_locked(session) as locked:
        was_closed = locked.status == Session.Status.CLOSED
        _set_status(locked, Session.Status.SNOOZED, until)
        if was_closed:
            locked.count_waiting()
        record(locked, "session.snoozed", person, until=until.isoformat() if until else "")


def open_again(session: Session, person: Person | None = None, actor: str = "") -> None:
    """Open the session where it is closed or snoozed. The caller holds its lock."""
    if session.status != Session.Status.OPEN:
        _set_status(session, Session.Status.OPEN)
        record(session, "session.reopened", person, actor)


def _answered_by_person(session: Session) -> None:
    """Who asked for a person, or was left to one, has one now."""
    session.go_on()
    if session.person_wanted_at is not None:
        session.person_wanted_at = None
        session.save(update_fields=["person_wanted_at"])


def _set_status(session: Session, status: str, until: datetime | None = None) -> None:
    session.status, session.snoozed_until, session.updated_at = status, until, clock.now()
    session.save(update_fields=["status", "snoozed_until", "updated_at"])


def _said(session: Session, person: Person, words: str, *, internal: bool = False, idempotency_key: str = "") -> Message:
    return Message.objects.create(
        session=session,
        role="assistant",
        author_kind=Message.Author.PERSON,
        author=str(person)[:120],
        person=person,
        content=words,
        internal=internal,
        idempotency_key=idempotency_key,
    )
