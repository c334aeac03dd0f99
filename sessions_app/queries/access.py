"""Access control. Every page and every API call finds its rows through here; an invisible row does not exist (404)."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from sessions_app.models import Person, Queue, Requirement, Run, Session
from sessions_app.models.queue import QueueSet
from sessions_app.models.session import SessionSet


def queues_for(person: Person) -> QueueSet:
    """Return the queues the person works; all of them for an admin."""
    return Queue.objects.visible_to(person)


def sessions_for(person: Person) -> SessionSet:
    """Return the sessions of the person's queues; all of them for an admin."""
    return Session.objects.visible_to(person)


def session_or_404(person: Person, session_id: str) -> Session:
    """Return the session with its queue and assignee. Raises `Http404` where the person may not see it."""
    return get_object_or_404(sessions_for(person).select_related("queue", "assignee"), session_id=session_id)


def requirement_or_404(person: Person, pk: int) -> Requirement:
    """Return the requirement with its session and runs. Raises `Http404` where the person may not see it."""
    visible = Requirement.objects.filter(session__in=sessions_for(person))
    return get_object_or_404(visible.select_related("session__queue", "run", "root", "decided_by"), pk=pk)


def run_or_404(person: Person, run_id: str) -> Run:
    """Return the run with its session. Raises `Http404` where the person may not see it."""
    visible = Run.objects.filter(session__in=sessions_for(person))
    return get_object_or_404(visible.select_related("session__queue"), run_id=run_id)
