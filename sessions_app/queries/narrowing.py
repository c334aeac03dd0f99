"""The SQL of filters: which sessions fit them."""

from __future__ import annotations

from sessions_app.models import Person, Session
from sessions_app.models.session import SessionSet
from sessions_app.models.session_read import unread_by
from sessions_app.queries.filters import Filters
from sessions_app.queries.search import matching


def narrowed(sessions: SessionSet, filters: Filters, person: Person) -> SessionSet:
    """Return the sessions that fit the filters; unread are those that the person has not seen to their end."""
    return matching(narrowed_otherwise(sessions, filters, person), filters.words, person)


def narrowed_otherwise(sessions: SessionSet, filters: Filters, person: Person) -> SessionSet:
    """Return the sessions that fit the filters beside the search."""
    if filters.queue:
        sessions = sessions.filter(queue__slug=filters.queue)
    if filters.unread:
        sessions = sessions.filter(unread_by(person))
    if filters.unnamed:
        sessions = sessions.filter(name_source__in=Session.STAND_INS)
    return sessions
