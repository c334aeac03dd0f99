"""Undo what a person has just done to a conversation.

What was there before stands in the change's row. To undo is an action with changes of its own: the change stays in the log, and
what is restored is recorded too. It is refused where the same was changed since, by anyone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from sessions_app.actions import labels, moving, priorities, sessions, spam
from sessions_app.actions.locking import holding, session_locked
from sessions_app.actions.runs import answer_unanswered, stop
from sessions_app.changes.kinds import Kind, kind_of
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.models import Change, Label, Person, Queue, Run, Session
from sessions_app.models.triage import PRIORITIES, Priority

#: Older changes cannot be undone; the page offers it for a few seconds alone.
LONGEST = timedelta(minutes=10)


@dataclass(frozen=True)
class Way:
    """The way to undo one kind of change: the action, and the kinds of later changes that forbid it.

    Of these kinds only changes with the same value in the field `of` count, where it is given.
    """

    undo: Callable[[Session, Person, Mapping[str, Any]], None]
    same: tuple[Kind, ...]
    of: str = ""


def undo(session: Session, person: Person, number: int) -> Change:
    """Undo the person's change of this number; returns it.

    Raises `InvalidAction` where it cannot be undone, or not any more: too much time has passed, or the same was changed since.
    """
    with session_locked(session) as locked, holding(locked):
        change = undoable(locked.changes.all(), person, number)
        if change is None:
            raise InvalidAction(_("This cannot be undone any more."))
        way = _way_of(change)
        later = _since(change, way)
        if later is not None:
            raise InvalidAction(_refusal(later, person))
        way.undo(locked, person, change.data)
    return change


def undoable(changes: QuerySet[Change], person: Person, number: int) -> Change | None:
    """Return the change of this number among these, if it is the person's own, of a kind that is undone, and not too old."""
    found = changes.filter(pk=number, person=person, created_at__gt=clock.now() - LONGEST).first()
    return found if found is not None and not found.broken and kind_of(found.kind) in WAYS else None


def is_open_to_undo(change: Change) -> bool:
    """Return whether nothing forbids to undo this change, which is of a kind that is undone."""
    return _since(change, _way_of(change)) is None


def _way_of(change: Change) -> Way:
    """Return the way to undo a change that is `undoable`."""
    return next(way for kind, way in WAYS.items() if kind.value == change.kind)


def _since(change: Change, way: Way) -> Change | None:
    """Return the newest later change that forbids to undo this one."""
    later = Change.objects.filter(session=change.session_id, pk__gt=change.pk, kind__in=way.same)
    # No database looks into these columns. What came since is of minutes, so there is little of it.
    return next((row for row in later.order_by("-pk") if not way.of or row.data.get(way.of) == change.data.get(way.of)), None)


def _refusal(later: Change, person: Person) -> str:
    if later.person_id == person.pk:
        return _("You changed this since, so there is nothing to undo.")
    return _("%(who)s changed this since, so it stays as it is.") % {"who": later.actor or _("The inbox")}


def _open_again(session: Session, person: Person, data: Mapping[str, Any]) -> None:
    """Undo resolving: the conversation stands as before, and an agent whose turn was dropped begins anew."""
    before = _stood(data)
    sessions.reopen(session, person)
    _restore(session, person, before)
    if before.get("drops_turn"):
        answer_unanswered(session)


def _unsnooze(session: Session, person: Person, data: Mapping[str, Any]) -> None:
    """Undo snoozing: the conversation is open, closed or snoozed until another time, as it was before."""
    before = _stood(data)
    if before.get("status") == Session.Status.CLOSED:
        sessions.resolve(session, person)
    elif before.get("status") == Session.Status.SPAM:
        spam.mark(session, person)
    elif not _snooze_again(session, person, before):
        sessions.reopen(session, person)


def _no_spam(session: Session, person: Person, data: Mapping[str, Any]) -> None:
    """Undo marking as spam: what the customer wrote meanwhile is answered."""
    before = _stood(data)
    if before.get("status") == Session.Status.CLOSED:
        sessions.resolve(session, person)
        return
    spam.unmark(session, person)
    _restore(session, person, before)
    if before.get("drops_turn"):
        answer_unanswered(session)


def _spam_again(session: Session, person: Person, data: Mapping[str, Any]) -> None:
    spam.mark(session, person)


def _restore(session: Session, person: Person, before: Mapping[str, Any]) -> None:
    """Restore the request for a person, and the snooze."""
    if wanted := _moment(before.get("wanted_at")):
        session.want_again(wanted, str(before.get("wanted_for", "")), str(before.get("wanted_by", "")))
    _snooze_again(session, person, before)


def _snooze_again(session: Session, person: Person, before: Mapping[str, Any]) -> bool:
    """Snooze the session where it was snoozed before, and that time has not passed; returns whether it is."""
    until = _moment(before.get("until"))
    if before.get("status") != Session.Status.SNOOZED or (until is not None and until <= clock.now()):
        return False
    sessions.snooze(session, person, until)
    return True


def _assign_again(session: Session, person: Person, data: Mapping[str, Any]) -> None:
    """Undo assigning. Raises `InvalidAction` where the assignee of before has no account or does not work the queue."""
    former = _former(data)
    if former is None and data.get("former"):
        raise InvalidAction(_("The person before has no account any more: assign it to somebody else."))
    sessions.assign(session, person, former)


def _move_back(session: Session, person: Person, data: Mapping[str, Any]) -> None:
    """Undo moving, with the assignee who lost the conversation by it.

    The answer that the other queue's agent has begun is stopped; the agent of before begins anew.
    """
    queue = Queue.objects.filter(slug=str(data.get("before") or "")).first()
    if queue is None:
        raise InvalidAction(_("The queue before is not there any more."))
    for begun in session.runs.roots().active().filter(purpose=Run.Purpose.ANSWER):
        stop(session, begun, person)
        session.raise_fence()
    moving.move(session, person, queue)
    former = _former(data)
    if former is not None and session.assignee_id is None and Session.objects.visible_to(former).filter(pk=session.pk).exists():
        sessions.assign(session, person, former)


def _without_label(session: Session, person: Person, data: Mapping[str, Any]) -> None:
    labels.remove(session, person, _label(data))


def _labelled_again(session: Session, person: Person, data: Mapping[str, Any]) -> None:
    labels.add(session, person, _label(data))


def _label(data: Mapping[str, Any]) -> Label:
    key = data.get("key")
    label = Label.objects.filter(pk=key).first() if isinstance(key, int) else None
    if label is None:
        raise InvalidAction(_("This label is not there any more."))
    return label


def _priority_before(session: Session, person: Person, data: Mapping[str, Any]) -> None:
    priorities.set_priority(session, person, PRIORITIES.get(str(data.get("before")), Priority.NORMAL))


def _former(data: Mapping[str, Any]) -> Person | None:
    """Return the person who had the session before, if they have an account still."""
    key = data.get("former")
    return Person.objects.filter(pk=key, is_active=True).first() if isinstance(key, int) else None


def _stood(data: Mapping[str, Any]) -> Mapping[str, Any]:
    before = data.get("stood")
    return before if isinstance(before, dict) else {}


def _moment(text: object) -> datetime | None:
    return parse_datetime(text) if isinstance(text, str) and text else None


_STATUS = (
    *(Kind.SESSION_CLOSED, Kind.SESSION_REOPENED, Kind.SESSION_SNOOZED, Kind.SESSION_WOKEN),
    *(Kind.SESSION_SPAM, Kind.SESSION_NOT_SPAM, Kind.SESSION_DELETED, Kind.SESSION_RESTORED),
)
_LEAD = (Kind.SESSION_ASSIGNED, Kind.SESSION_TAKEN_OVER, Kind.SESSION_MOVED)
_SAID = (Kind.MESSAGE_CUSTOMER, Kind.MESSAGE_PERSON, Kind.RUN_COMPLETED)
_LABELS = (Kind.LABEL_ADDED, Kind.LABEL_REMOVED)

#: What is undone, by the kind of the change.
WAYS: dict[Kind, Way] = {
    Kind.SESSION_CLOSED: Way(_open_again, _STATUS),
    Kind.SESSION_SNOOZED: Way(_unsnooze, _STATUS),
    Kind.SESSION_SPAM: Way(_no_spam, _STATUS),
    Kind.SESSION_NOT_SPAM: Way(_spam_again, (*_STATUS, *_SAID)),
    Kind.SESSION_ASSIGNED: Way(_assign_again, _LEAD),
    Kind.SESSION_MOVED: Way(_move_back, (Kind.SESSION_MOVED,)),
    Kind.LABEL_ADDED: Way(_without_label, _LABELS, of="key"),
    Kind.LABEL_REMOVED: Way(_labelled_again, _LABELS, of="key"),
    Kind.PRIORITY_SET: Way(_priority_before, (Kind.PRIORITY_SET,)),
}
