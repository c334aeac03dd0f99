"""The report on whose turn it is: the open conversations of each queue now, by the side that has the next word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from sessions_app.infrastructure.one_statement import Steps
from sessions_app.models import Queue, Session
from sessions_app.models.waiting import WaitingFor


@dataclass(frozen=True)
class TurnLine:
    """The open conversations of a queue. `longest` is since when one of them waits longest for a person."""

    queue: Queue
    person: int
    unassigned: int
    agent: int
    customer: int
    nobody: int
    longest: datetime | None


def turns_now(queues: Iterable[Queue]) -> Steps[list[TurnLine]]:
    """Return a line for each of these queues with an open conversation, in their order."""
    worked = list(queues)
    for_person = Q(waiting_for=WaitingFor.PERSON)
    grouped = (
        Session.objects.open()
        .filter(queue__in=[queue.pk for queue in worked])
        .order_by()
        .values("queue")
        .annotate(
            persons=Count("pk", filter=for_person),
            unassigned=Count("pk", filter=for_person & Q(assignee=None)),
            agents=Count("pk", filter=Q(waiting_for=WaitingFor.AGENT)),
            customers=Count("pk", filter=Q(waiting_for=WaitingFor.CUSTOMER)),
            nobodys=Count("pk", filter=Q(waiting_for=WaitingFor.NOBODY)),
            longest=Min("waiting_since", filter=for_person),
        )
        .values_list("queue", "persons", "unassigned", "agents", "customers", "nobodys", "longest")
    )
    found = {row[0]: row[1:] for row in (yield [grouped])[0]}
    return [TurnLine(queue, *found[queue.pk]) for queue in worked if queue.pk in found]
