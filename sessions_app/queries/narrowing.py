"""The SQL of filters: which sessions fit them."""

from __future__ import annotations

from sessions_app.models import Person, Session, SessionLabel
from sessions_app.models.session import SessionSet
from sessions_app.models.session_read import unread_by
from sessions_app.models.triage import PRIORITIES, Priority
from sessions_app.queries.filters import Filters
from sessions_app.queries.search import LookedUp, fitting, matching


def narrowed(sessions: SessionSet, filters: Filters, person: Person) -> SessionSet:
    """Return the sessions that fit the filters; unread are those that the person has not seen to their end."""
    return matching(narrowed_otherwise(sessions, filters, person), filters.words, person)


def narrowed_otherwise(sessions: SessionSet, filters: Filters, person: Person) -> SessionSet:
    """Return the sessions that fit the filters beside the search."""
    if filters.queue:
        sessions = sessions.filter(queue__slug=filters.queue)
    if filters.label:
        sessions = labelled(sessions, filters.label)
    if filters.priority:
        sessions = prioritized(sessions, PRIORITIES[filters.priority])
    if filters.unread:
        sessions = sessions.filter(unread_by(person))
    if filters.unnamed:
        sessions = sessions.filter(name_source__in=Session.STAND_INS)
    return sessions


def narrowed_at_once(sessions: SessionSet, filters: Filters, person: Person) -> SessionSet:
    """Return the sessions that fit filters whose search has no words, so that nothing need be read before."""
    found = narrowed_otherwise(sessions, filters, person)
    return fitting(found, filters.words, LookedUp(), person) if filters.words.written else found


def labelled(sessions: SessionSet, label: str) -> SessionSet:
    """Return those that have the label of this key."""
    return sessions.filter(pk__in=SessionLabel.objects.filter(label__pk=label).values("session"))


def prioritized(sessions: SessionSet, priority: Priority) -> SessionSet:
    """Return those of this priority."""
    return sessions.filter(priority=None if priority == Priority.NORMAL else priority.value)
