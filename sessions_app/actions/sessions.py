"""Sessions: start, read, assign, resolve, reopen and snooze.

Each verb is one transaction with the session's row locked, and records what happened.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from kern.validation.inputs import Id
from sessions_app import desk
from sessions_app.actions.locking import session_locked
from sessions_app.actions.moving import began_in
from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import Snoozed
from sessions_app.errors import DuplicateId, InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import new_id
from sessions_app.models import Person, Queue, Run, Session, SessionRead
from sessions_app.policy import assigning, daily_limits, endings
from sessions_app.store.sessions import open_again, set_status
from sessions_app.validation.limits import longest
from sessions_app.validation.text import checked_id, checked_line, checked_name

LONGEST_SNOOZE = timedelta(days=5 * 365)


def start_session(
    queue: Queue,
    *,
    user_id: Id = "",
    customer_name: str = "",
    customer_email: str = "",
    channel: str = "page",
    session_id: Id | None = None,
) -> Session:
    """Start a session in the queue; the id of one that the same user began there returns that one.

    Raises `DuplicateId` when the id belongs to another user's session, `InvalidAction` when something is too long or not
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
    """Start as `start_session` does; returns also whether the session is new: of several at once, one is told so."""
    wanted = new_id() if session_id is None else checked_id(session_id, _("The session's id"))
    # Empty is a customer without an id, as everywhere in these rows.
    customer = "" if user_id == "" else checked_id(user_id, _("The user's id"))
    described = {
        "queue": queue,
        "kind": desk.kind_of(queue.agent_id),
        "user_id": customer,
        "customer_name": checked_name(customer_name, _("The name"), longest(Session, "customer_name")),
        "customer_email": checked_line(customer_email, _("The email address"), longest(Session, "customer_email")),
        "channel": channel,
    }
    with transaction.atomic():
        session, created = Session.objects.get_or_create(session_id=wanted, defaults=described)
        if created:
            record(session, Kind.SESSION_STARTED, actor=session.customer)
        elif session.merged_into is not None:
            session = session.merged_into
        elif session.status in Session.GONE:
            raise DuplicateId(_("This session id belongs to a deleted conversation: choose another one, or have it restored."))
        elif session.user_id != customer or not began_in(session, queue):
            raise DuplicateId(_("This session id is taken: choose another one."))
    return session, created


def mark_read(session: Session, person: Person) -> None:
    """Record that the person has seen the session up to its `last_change`; never goes back."""
    mark = SessionRead(session=session, person=person, last_change=session.last_change)
    marks = SessionRead.objects.filter(session=session, person=person)
    older = marks.filter(Q(last_change__lt=session.last_change) | Q(marked_unread=True))
    if not older.update(last_change=Greatest(F("last_change"), session.last_change), marked_unread=False):
        # There is none yet, or one that is newer and stays.
        SessionRead.objects.bulk_create([mark], ignore_conflicts=True)


def mark_unread(session: Session, person: Person) -> None:
    """Show the session to the person as new again, until they open it."""
    SessionRead.objects.update_or_create(
        session=session,
        person=person,
        defaults={"marked_unread": True},
        create_defaults={"marked_unread": True, "last_change": 0},
    )


def assign(session: Session, person: Person | None, assignee: Person | None) -> None:
    """Assign the session to a person of its queue, or to none. Raises `InvalidAction` when the assignee can't see it."""
    with session_locked(session) as locked:
        if assignee is not None and not Session.objects.visible_to(assignee).filter(pk=locked.pk).exists():
            raise InvalidAction(_("%(name)s does not work this queue.") % {"name": assignee})
        assigning.put(locked, assignee, person=person)


def resolve(session: Session, person: Person | None, *, actor: str = "") -> None:
    """Close the session. Its open requirements are dropped; a customer's next message opens it again.

    `actor` names who did it where no person did.
    """
    with session_locked(session) as locked:
        if locked.status == Session.Status.CLOSED:
            return
        for paused in locked.runs.roots().filter(status=Run.Status.PAUSED):
            endings.end(locked, paused, Run.Status.CANCELLED, person=person)
        set_status(locked, Session.Status.CLOSED)
        answered_by_person(locked)
        locked.settle_waiting()
        record(locked, Kind.SESSION_CLOSED, person=person, actor=actor)


def reopen(session: Session, person: Person | None, *, actor: str = "") -> None:
    """Open a closed or snoozed session, or spam that is none; a customer who was not answered before waits again."""
    with session_locked(session) as locked:
        reopen_locked(locked, person, actor=actor)


def reopen_locked(session: Session, person: Person | None, *, actor: str = "") -> None:
    """Reopen as `reopen` does, where the caller holds the session's lock."""
    was_spam, was_settled = session.status == Session.Status.SPAM, session.is_settled
    open_again(session, Kind.SESSION_NOT_SPAM if was_spam else Kind.SESSION_REOPENED, person=person, actor=actor)
    if was_settled:
        session.count_waiting()
    if was_spam:
        daily_limits.open_next(session)


def snooze(session: Session, person: Person | None, until: datetime | None, *, actor: str = "") -> None:
    """Snooze the session until then, or until the customer writes (`None`).

    Raises `InvalidAction` for a time that has passed or is years ahead; `until` is aware.
    """
    if until is not None and until <= clock.now():
        raise InvalidAction(_("That time has passed: choose a later one."))
    if until is not None and until > clock.now() + LONGEST_SNOOZE:
        raise InvalidAction(_("That is too far ahead: a conversation can be snoozed for five years at most."))
    with session_locked(session) as locked:
        was_settled = locked.is_settled
        set_status(locked, Session.Status.SNOOZED, until)
        if was_settled:
            locked.count_waiting()
        record(locked, Kind.SESSION_SNOOZED, Snoozed(until.isoformat() if until else ""), person=person, actor=actor)


def answered_by_person(session: Session) -> None:
    """Clear the customer's request for a person, once a person has answered."""
    session.go_on()
    session.want_nobody()
