"""Database reads of the hubs: access, and the change log."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections
from django.db.models import Case, When

from sessions_app.accounts import second_factor, sign_ins
from sessions_app.changes import log as change_log
from sessions_app.changes.kinds import Kind
from sessions_app.changes.publish import Told
from sessions_app.models import Person, Queue

#: Changes of one read.
CATCH_UP = 200


def queues_of(person: Person) -> frozenset[int] | None:
    """Return the queues a person sees changes of; `None` for an admin, who sees all, also sessions in no queue."""
    return _queues_of([person])[person.pk]


def standing_of(keys: set[str]) -> tuple[dict[str, frozenset[int] | None], dict[str, str]]:
    """Return the queues of each sign-in's person, and the reasons why the others see none any more."""
    people = sign_ins.people_of(keys)
    refused = {key: "second-factor" for key, person in people.items() if second_factor.must_set_up(person)}
    refused |= {key: sign_ins.why_ended(key) for key in keys - people.keys()}
    queues = _queues_of(people.values())
    return {key: queues[person.pk] for key, person in people.items() if key not in refused}, refused


def _queues_of(people: Collection[Person]) -> dict[int, frozenset[int] | None]:
    members: dict[int, set[int]] = {person.pk: set() for person in people}
    works = Queue.members.through.objects.filter(person__in=[person.pk for person in people if not person.is_superuser])
    for person_pk, queue_pk in works.values_list("person", "queue"):
        members[person_pk].add(queue_pk)
    return {person.pk: None if person.is_superuser else frozenset(members[person.pk]) for person in people}


def read_log(after: int) -> list[Told]:
    """Return the changes after that one, oldest first."""
    # Only a move's payload is read: those of messages may be long.
    left = Case(When(kind=Kind.SESSION_MOVED, then="data"), default=None)
    rows = change_log.follow(after, CATCH_UP).annotate(left=left)
    columns = rows.values_list("session_id", "pk", "kind", "session__queue", "left")
    return [
        Told(session_pk, change_pk, kind, queue_pk, str((payload or {}).get("before", "")))
        for session_pk, change_pk, kind, queue_pk, payload in columns
    ]


def queues_called(slugs: set[str]) -> set[int | None]:
    """Return the keys of queues by their slugs; `None` for the sessions in no queue, whose slug is empty."""
    found: set[int | None] = set(Queue.objects.filter(slug__in=slugs).values_list("pk", flat=True))
    return found | {None} if "" in slugs else found


async def in_thread(read: Callable[..., Any], *args: Any) -> Any:
    """Read from the database in a thread of the pool, and keep no connection: a thousand open pages must not hold one each."""

    def work() -> Any:
        try:
            return read(*args)
        finally:
            connections.close_all()

    return await sync_to_async(work, thread_sensitive=False)()
