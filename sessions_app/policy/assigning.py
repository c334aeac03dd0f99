"""Assignment of conversations: by people, and by the rule of a queue to a member who is available."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import F, IntegerField, OuterRef, Q, QuerySet, Subquery

from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import Assigned
from sessions_app.infrastructure import clock
from sessions_app.models import Change, Person, Queue, Session
from sessions_app.models.assigning import Assigns, AssignsWhen
from sessions_app.models.session import SessionSet
from sessions_app.models.waiting import NEEDS_PERSON, WAITS_FOR_US

#: Loads are counted up to here: more than this is more than anybody else has.
MOST_COUNTED = 1_000
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class CappedCount(Subquery):
    """The number of rows of a sliced queryset."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"


def with_load(people: QuerySet[Person], most: int = MOST_COUNTED) -> QuerySet[Person]:
    """Annotate people with `load`: the number of their open conversations, at most one over `most`."""
    theirs = Session.objects.open().filter(assignee=OuterRef("pk")).order_by().values("pk")
    return people.annotate(load=CappedCount(theirs[: most + 1], output_field=IntegerField()))


def put(session: Session, assignee: Person | None, *, person: Person | None = None, actor: str = "") -> Change | None:
    """Assign the locked session; returns the change, `None` where the person had it already."""
    if session.assignee_id == (assignee.pk if assignee else None):
        return None
    assigned = Assigned(str(assignee) if assignee else "", former=session.assignee_id)
    session.assignee, session.nobody_free_at = assignee, None
    session.save(update_fields=["assignee", "nobody_free_at"])
    return record(session, Kind.SESSION_ASSIGNED, assigned, person=person, actor=actor)


def wanted_in(queue: Queue) -> SessionSet:
    """Return the queue's sessions without an assignee that its rule gives to a member, the longest wait first."""
    due = NEEDS_PERSON if queue.assigns_when == AssignsWhen.NEEDS_PERSON else WAITS_FOR_US
    return Session.objects.filter(due, queue=queue, assignee=None).order_by("waiting_since", "pk")


def without_mark(sessions: SessionSet) -> SessionSet:
    """Exclude sessions of which it is recorded that no member is available in their present wait."""
    return sessions.filter(Q(nobody_free_at=None) | Q(nobody_free_at__lt=F("waiting_since")))


def free_in(queue: Queue) -> list[Person]:
    """Return members who can be given a conversation of the queue now, the next one first."""
    available = queue.members.filter(is_active=True, is_away=False)
    free = [person for person in with_load(available) if _has_room(person, queue)]
    return sorted(free, key=lambda person: _place(person, queue))


def next_person(queue: Queue) -> Person | None:
    """Choose the member to whom a conversation is given, and remember that they were given one.

    The rows of those who are available are locked until the transaction ends, in the order of their keys: of two workers one
    sees what the other has given.
    """
    rows = queue.members.filter(is_active=True, is_away=False).order_by("pk")
    list(rows.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    free = free_in(queue)
    if not free:
        return None
    Person.objects.filter(pk=free[0].pk).update(given_at=clock.now())
    return free[0]


def mark_nobody_free(session: Session) -> None:
    """Record that no member is available to whom the locked session could be assigned."""
    session.nobody_free_at = clock.now()
    session.save(update_fields=["nobody_free_at"])
    record(session, Kind.SESSION_NOBODY_FREE)


def _has_room(person: Person, queue: Queue) -> bool:
    most = queue.capacity if person.capacity is None else person.capacity
    return most is None or _load(person) < most


def _place(person: Person, queue: Queue) -> tuple[int, datetime, int]:
    load = _load(person) if queue.assigns == Assigns.LEAST_LOADED else 0
    return load, person.given_at or _NEVER, person.pk


def _load(person: Person) -> int:
    return int(getattr(person, "load", 0))
