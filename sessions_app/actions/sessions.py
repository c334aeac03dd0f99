"""Sessions: start, read, assign, resolve, reopen and snooze.

Each verb is one transaction with the session's row locked, and records what happened.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

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
from sessions_app.changes.payloads import PutAway, Snoozed
from sessions_app.errors import DuplicateId, InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import new_id
from sessions_app.models import Change, Person, Queue, Run, Session, SessionRead
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
    person: Person | None = None,
) -> tuple[Session, bool]:
    """Start as `start_session` does; returns also whether the session is new: of several at once, one is told so.

    `person` is who begins it, where the customer does not.
    """
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
            record(session, Kind.SESSION_STARTED, person=person, actor="" if person else session.customer)
        elif session.merged_into is not None:
            session = session.merged_into
        elif session.status in Session.GONE:
            raise DuplicateId(_("This session id belongs to a deleted conversation: choose another one, or have it restored."))
        elif session.user_id != customer or not began_in(session, queue):
            raise DuplicateId(_("This session id is taken: choose another one."))
    return session, created


def mark_read(session: Session, person: Person) -> None:
    """Record that the person has seen the session up to its `last_change`; never goes back."""
    now = clock.now()
    mark = SessionRead(session=session, person=person, last_change=session.last_change, read_at=now)
    marks = SessionRead.objects.filter(session=session, person=person)
    older = marks.filter(Q(last_change__lt=session.last_change) | Q(marked_unread=True))
    newest = Greatest(F("last_change"), session.last_change)
    if not older.update(last_change=newest, marked_unread=False, read_at=now):
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


def unmark_unread(session: Session, person: Person) -> None:
    """Take back the person's mark as unread; what is new since is new still."""
    SessionRead.objects.filter(session=session, person=person).update(marked_unread=False)


def assign(session: Session, person: Person | None, assignee: Person | None) -> Change | None:
    """Assign the session to a person of its queue, or to none; returns the change, if it is one.

    Raises `InvalidAction` when the assignee can't see it.
    """
    with session_locked(session) as locked:
        if assignee is not None and not Session.objects.visible_to(assignee).filter(pk=locked.pk).exists():
            raise InvalidAction(_("%(name)s does not work this queue.") % {"name": assignee})
        return assigning.put(locked, assignee, person=person)


def resolve(session: Session, person: Person | None, *, actor: str = "") -> Change | None:
    """Close the session; returns the change, if it is one. Its open requirements are dropped.

    A customer's next message opens it again. `actor` names who did it where no person did.
    """
    with session_locked(session) as locked:
        if locked.status == Session.Status.CLOSED:
            return None
        paused = list(locked.runs.roots().filter(status=Run.Status.PAUSED))
        closed = PutAway(stood(locked, drops_turn=bool(paused)))
        for turn in paused:
            endings.end(locked, turn, Run.Status.CANCELLED, person=person)
        set_status(locked, Session.Status.CLOSED)
        answered_by_person(locked)
        locked.settle_waiting()
        return record(locked, Kind.SESSION_CLOSED, closed, person=person, actor=actor)


def reopen(session: Session, person: Person | None, *, actor: str = "") -> None:
    """Open a closed or snoozed session, or spam that is none; a customer who was not answered before waits again."""
    with session_locked(session) as locked:
        reopen_locked(locked, person, actor=actor)


def reopen_locked(session: Session, person: Person | None, *, actor: str = "") -> Change | None:
    """Reopen as `reopen` does, where the caller holds the session's lock; returns the change, if it is one."""
    was_spam, was_settled = session.status == Session.Status.SPAM, session.is_settled
    kind = Kind.SESSION_NOT_SPAM if was_spam else Kind.SESSION_REOPENED
    change = open_again(session, kind, person=person, actor=actor)
    if was_settled:
        session.count_waiting()
    if was_spam:
        daily_limits.open_next(session)
    return change


def snooze(session: Session, person: Person | None, until: datetime | None, *, actor: str = "") -> Change:
    """Snooze the session until then, or until the customer writes (`None`); returns the change.

    Raises `InvalidAction` for a time that has passed or is years ahead; `until` is aware.
    """
    if until is not None and until <= clock.now():
        raise InvalidAction(_("That time has passed: choose a later one."))
    if until is not None and until > clock.now() + LONGEST_SNOOZE:
        raise InvalidAction(_("That is too far ahead: a conversation can be snoozed for five years at most."))
    with session_locked(session) as locked:
        was_settled = locked.is_settled
        snoozed = Snoozed(until.isoformat() if until else "", stood(locked))
        set_status(locked, Session.Status.SNOOZED, until)
        if was_settled:
            locked.count_waiting()
        return record(locked, Kind.SESSION_SNOOZED, snoozed, person=person, actor=actor)


def stood(session: Session, *, drops_turn: bool = False) -> dict[str, Any]:
    """Return what undoing restores: the status, and the request for a person; and whether a turn is dropped."""
    until, wanted = session.snoozed_until, session.person_wanted_at
    return {
        "status": session.status,
        "until": until.isoformat() if until else "",
        "wanted_at": wanted.isoformat() if wanted else "",
        "wanted_for": session.person_wanted_for,
        "wanted_by": session.person_wanted_by,
        "drops_turn": drops_turn,
    }


def answered_by_person(session: Session) -> None:
    """Clear the customer's request for a person, once a person has answered."""
    session.go_on()
    session.want_nobody()
