"""Conversations that want a name, by what is the matter with theirs. Each stands in one set only."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery

from sessions_app.infrastructure import clock
from sessions_app.models import NameRecord, NameSuggestion, Person, Queue, Session
from sessions_app.models.few import NAMELESS
from sessions_app.models.session import SessionSet

#: The kinds that want a name, in the order of their urgency.
GROUPS = ("suggestion", "failed", "provisional")


def of(person: Person, queues: list[Queue]) -> dict[str, SessionSet]:
    """Return the sets of `GROUPS`, and those that were named today, of what the person sees, who works these queues."""
    # The same as `access.sessions_for`, but the keys are known here: a join would hide the best index from the database.
    seen = Session.objects.there()
    seen = seen if person.is_superuser else seen.filter(queue__in=[queue.pk for queue in queues])
    # A suggestion for an earlier name is outdated. Not a join: a database would read every session for a few suggestions.
    version = Session.objects.filter(pk=OuterRef("session")).values("name_version")
    waiting = NameSuggestion.objects.filter(state=NameSuggestion.State.OPEN, for_version=Subquery(version))
    proposed = waiting.values("session")
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    named = NameRecord.objects.filter(created_at__gte=midnight).exclude(source__in=Session.STAND_INS).values("session")
    return {
        "suggestion": seen.filter(pk__in=proposed),
        "failed": seen.filter(name_failed_at__isnull=False).exclude(pk__in=proposed),
        "provisional": seen.open().filter(NAMELESS, name_failed_at=None).exclude(pk__in=proposed),
        "today": seen.filter(pk__in=named),
    }
