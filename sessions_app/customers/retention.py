"""Retention of closed conversations: per queue, unlimited unless an admin sets days; then they are erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, Min, OuterRef

from sessions_app import audit, customers
from sessions_app.customers.erasing import ROWS, SESSIONS, take_away
from sessions_app.infrastructure import broken_rows, clock
from sessions_app.models import Queue, Requirement, Run, Session, Ticket
from sessions_app.models.session import SessionSet

#: Conversations of a queue that one sweep takes away, and transactions in which it deletes rows.
LIMIT = 50
#: Days for which a conversation that people deleted can be restored.
RESTORABLE_DAYS = 30


@dataclass(frozen=True)
class Due:
    """The conversations that a queue's rule would erase now."""

    queue: Queue
    days: int
    sessions: int
    oldest: datetime | None


def due_in(queue: Queue) -> SessionSet:
    """Return conversations closed, or spam, for as long as the queue's rule says; none with an active run or requirement.

    Reopening, a customer's message or a move to another queue takes a conversation out.
    """
    if queue.erase_after_days is None:
        return Session.objects.none()
    until = clock.now() - timedelta(days=queue.erase_after_days)
    # Nothing moves in a session after it was used last; the index over that time keeps the sweep from reading all closed ones.
    closed = Session.objects.settled().filter(queue=queue, activity_at__lt=until, updated_at__lt=until)
    works = Run.objects.active().filter(session=OuterRef("pk"))
    asks = Requirement.objects.pending().filter(session=OuterRef("pk"))
    return closed.exclude(Exists(works)).exclude(Exists(asks))


def deleted_for_long() -> SessionSet:
    """Return conversations that people deleted so long ago that they are not restored any more."""
    return Session.objects.filter(status=Session.Status.DELETED, deleted_at__lt=clock.now() - timedelta(days=RESTORABLE_DAYS))


def erase_due(limit: int = LIMIT) -> int:
    """Erase conversations that are due, at most `limit` a queue, and delete rows of earlier erasures.
    conversations were taken away.
    """
    taken = sum(_erase_in(queue, limit) for queue in _ruled()) + _erase_deleted(limit)
    customers.finish(limit=limit)
    return taken


def forget_tickets() -> int:
    """Delete what systems told, long ago, of tickets that no conversation is linked to; returns how many rows went."""
    return Ticket.objects.filter(pk__in=list(Ticket.objects.forgotten().values_list("pk", flat=True)[:ROWS])).delete()[0]


def report() -> list[Due]:
    """Return the due conversations of each queue that has a rule."""
    found = []
    for queue in _ruled():
        sessions = due_in(queue)
        oldest = sessions.aggregate(oldest=Min("activity_at"))["oldest"]
        found.append(Due(queue, queue.erase_after_days or 0, sessions.count(), oldest))
    return found


def _ruled() -> list[Queue]:
    return list(Queue.objects.exclude(erase_after_days=None))


def _erase_in(queue: Queue, limit: int) -> int:
    taken = 0
    keys = list(due_in(queue).order_by("activity_at").values_list("pk", flat=True)[:limit])
    for first in range(0, len(keys), SESSIONS):
        taken += _take_away(queue, keys[first : first + SESSIONS])
    return taken


def _erase_deleted(limit: int) -> int:
    keys = list(deleted_for_long().order_by("deleted_at").values_list("pk", flat=True)[:limit])
    found = deleted_for_long()
    return sum(take_away(found.filter(pk=key), audit.Kind.DELETED_ERASED, "deleted") for key in keys)


def _take_away(queue: Queue, keys: list[int]) -> int:
    """Erase these conversations in one transaction; where one of them fails, each in its own."""
    try:
        return take_away(due_in(queue).filter(pk__in=keys), audit.Kind.RETENTION_ERASED, queue)
    except Exception as error:
        if broken_rows.is_away(error):
            raise
        if len(keys) == 1:
            broken_rows.report("session", keys[0], error)
            return 0
    return sum(_take_away(queue, [key]) for key in keys)
