"""A session that a person opens, with what its page needs to know of the reader."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404

from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import Person, Queue, Session, SessionRead
from sessions_app.queries import places
from sessions_app.queries.access import sessions_for
from sessions_app.queries.places import Places


@dataclass(frozen=True)
class Opened:
    """A session that a person has opened: up to which change they have `read` it, and the places of their sidebar."""

    session: Session
    read: int | None
    places: Places

    @property
    def queues(self) -> list[Queue]:
        """The queues that the person works."""
        return self.places.queues


def opened_or_404(person: Person, session_id: str) -> Opened:
    """Return the session and its reader's places, in one query. Raises `Http404` where the person may not see it."""
    found, read, *listed = read_together(
        sessions_for(person).select_related("queue", "assignee").by_id(session_id),
        SessionRead.objects.filter(
            session__in=Session.objects.by_id(session_id).values("pk"), person=person, marked_unread=False
        ).values_list("last_change", flat=True),
        *places.asked(person),
    )
    if not found:
        raise Http404
    return Opened(found[0], read[0] if read else None, places.found(*listed))


__all__ = ["Opened", "opened_or_404"]
