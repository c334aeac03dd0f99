"""Requests of a ticket system, for the admin who sets up its webhook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q

from sessions_app.infrastructure import clock
from sessions_app.models import IncomingWebhook, TicketSystem

SHOWN = 10
DAYS = 7
#: Outcomes that an admin of one of the two systems has to mend.
REFUSED = (IncomingWebhook.Outcome.REFUSED, IncomingWebhook.Outcome.TOO_OLD, IncomingWebhook.Outcome.UNREADABLE)


@dataclass(frozen=True)
class Health:
    """The last requests, newest first, and how many came and were refused in seven days."""

    last: list[IncomingWebhook]
    total: int
    refused: int

    @property
    def taken(self) -> IncomingWebhook | None:
        """The newest that was about a ticket."""
        return next((row for row in self.last if row.ticket_id), None)

    @property
    def is_refused_now(self) -> bool:
        """True if the newest request was refused: its signature or its body."""
        return bool(self.last) and self.last[0].outcome in REFUSED


def health_of(system: TicketSystem) -> Health:
    """Return what came of the system's webhook, with two queries."""
    rows = IncomingWebhook.objects.filter(system=system)
    counts = rows.filter(at__gt=clock.now() - timedelta(days=DAYS)).aggregate(
        total=Count("pk"), refused=Count("pk", filter=Q(outcome__in=REFUSED))
    )
    return Health(list(rows.order_by("-pk")[:SHOWN]), counts["total"], counts["refused"])
