"""Access control. Every page and every API call finds its rows through here; an invisible row does not exist (404)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import Http404
from django.shortcuts import get_object_or_404

from sessions_app.models import Job, Person, Queue, Requirement, Run, Session
from sessions_app.models.job import JobSet
from sessions_app.models.queue import QueueSet
from sessions_app.models.session import SessionSet


def queues_for(person: Person) -> QueueSet:
    """Return the queues the person works; all of them for an admin."""
    return Queue.objects.visible_to(person)


def sessions_for(person: Person) -> SessionSet:
    """Return the sessions of the person's queues; all of them for an admin."""
    return Session.objects.visible_to(person)


def jobs_for(person: Person) -> JobSet:
    """Return the person's bulk jobs; all for an admin."""
    return Job.objects.all() if person.is_superuser else Job.objects.filter(person=person)


def session_or_404(person: Person, session_id: str) -> Session:
    """Return the session with its queue and assignee. Raises `Http404` where the person may not see it."""
    return get_object_or_404(sessions_for(person).select_related("queue", "assignee").by_id(session_id))


def in_order(queues: Iterable[Queue]) -> list[Queue]:
    """The queues as they stand in the sidebar."""
    return sorted(queues, key=lambda queue: (queue.position, queue.name))


def requirement_or_404(person: Person, pk: int) -> Requirement:
    """Return the requirement with its session and runs. Raises `Http404` where the person may not see it."""
    visible = Requirement.objects.filter(session__in=sessions_for(person))
    return get_object_or_404(visible.select_related("session__queue", "run", "root", "decided_by"), pk=pk)


def requirements_or_404(person: Person, keys: Sequence[int]) -> list[Requirement]:
    """The requirements with these keys, in that order, as `requirement_or_404`. Raises `Http404` where one is missing."""
    visible = Requirement.objects.filter(session__in=sessions_for(person), pk__in=keys)
    found = {row.pk: row for row in visible.select_related("session__queue", "run", "root", "decided_by")}
    if len(found) < len(set(keys)):
        raise Http404
    return [found[key] for key in keys]


def run_or_404(person: Person, run_id: str) -> Run:
    """Return the run with its session. Raises `Http404` where the person may not see it."""
    visible = Run.objects.filter(session__in=sessions_for(person))
    return get_object_or_404(visible.select_related("session__queue"), run_id=run_id)


def session_by_key_or_404(person: Person, key: int) -> Session:
    """Return the session of that key, if the person may see it."""
    return get_object_or_404(sessions_for(person).select_related("queue"), pk=key)
