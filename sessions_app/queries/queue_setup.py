"""Queues of the set-up: each with its rule and its people, and the members of one with what they have open."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from sessions_app.models import Person, Queue
from sessions_app.policy.assigning import with_load

#: Open conversations of a member are counted up to here.
MOST_SHOWN = 99


def queues_with_people() -> QuerySet[Queue]:
    """Return all queues, annotated with `people` (active members) and `available` (those of them who are not away)."""
    active = Q(members__is_active=True)
    return Queue.objects.annotate(
        people=Count("members", filter=active), available=Count("members", filter=active & Q(members__is_away=False))
    )


def members_of(queue: Queue) -> list[Person]:
    """Return the queue's active members by name, with their `load`."""
    people = with_load(queue.members.filter(is_active=True), MOST_SHOWN)
    return sorted(people, key=lambda person: (str(person).casefold(), person.email))
