"""Endpoints with how they fared lately, and their deliveries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import QuerySet, Sum

from sessions_app.infrastructure import clock
from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookHour
from sessions_app.queries.presenters.badge import Badge
from sessions_app.queries.presenters.delivery import badge_of, outcome_badge
from sessions_app.webhooks.outgoing.endpoints import missed
from sessions_app.webhooks.outgoing.retries import PAUSES, TRIES
from sessions_app.webhooks.outgoing.signing import USER_AGENT

#: Bars of the chart, an hour each, and its height.
HOURS, HEIGHT = 12, 20
PAGE = 25
#: More deliveries that an endpoint missed are not counted.
MOST_MISSED = 1_000


@dataclass(frozen=True)
class Bar:
    """One hour of the chart."""

    x: int
    height: int
    is_bad: bool

    @property
    def y(self) -> int:
        return HEIGHT - self.height


@dataclass(frozen=True)
class EndpointRow:
    """An endpoint with its attempts in the time that deliveries are kept, and in the last hours."""

    endpoint: WebhookEndpoint
    sent: int
    failed: int
    missed: int
    bars: list[Bar]
    sent_lately: int
    failed_lately: int

    @property
    def off_because(self) -> str:
        """The reason why it is switched off, in words."""
        return str(WebhookEndpoint.Off(self.endpoint.off_because).label) if self.endpoint.off_because else ""

    @property
    def missed_about(self) -> str:
        """The number of missed deliveries, with a plus where more were missed than are counted."""
        return f"{MOST_MISSED:,}+" if self.missed > MOST_MISSED else str(self.missed)

    @property
    def share(self) -> float:
        """The share of attempts that succeeded, in percent."""
        return 100 * self.sent / (self.total or 1)

    @property
    def total(self) -> int:
        return self.sent + self.failed


@dataclass(frozen=True)
class DeliveryRow:
    """A delivery as a line of the list."""

    delivery: WebhookDelivery
    badge: Badge

    @property
    def tries(self) -> str:
        """The number of attempts, and of all there can be while it is not delivered."""
        made = self.delivery.tries
        return f"{made} / {TRIES}" if self.delivery.state == WebhookDelivery.State.PENDING and made else str(made)


@dataclass(frozen=True)
class OpenDelivery:
    """The open delivery: its attempts, what was sent and what was answered."""

    row: DeliveryRow
    attempts: list[tuple[WebhookAttempt, Badge]]
    sent: str
    answer: str
    next_at: datetime | None
    tries_left: int
    hours_left: float


def endpoint_rows() -> list[EndpointRow]:
    """Return all endpoints with their numbers, with three queries."""
    endpoints = list(WebhookEndpoint.objects.prefetch_related("queues"))
    numbers = _Numbers(endpoints)
    return [numbers.row(endpoint) for endpoint in endpoints]


def delivery_rows(
    endpoint: WebhookEndpoint, key: int | None, *, only_failed: bool = False, event: str = "", before: int | None = None
) -> tuple[list[DeliveryRow], OpenDelivery | None]:
    """Return a page of the endpoint's deliveries, newest first, and one more where it goes on; and the one of this key.

    All of it is read by one statement.
    """
    listed = WebhookDelivery.objects.filter(endpoint=endpoint).defer("body").order_by("-pk")
    if only_failed:
        listed = listed.failed()
    if event:
        listed = listed.filter(event=event)
    if before is not None:
        listed = listed.filter(pk__lt=before)
    opened = WebhookDelivery.objects.filter(endpoint=endpoint, pk=key or 0)
    attempts = WebhookAttempt.objects.filter(delivery__in=opened)
    found, one, tried = read_together(listed[: PAGE + 1], opened.order_by(), attempts.order_by())
    rows = [DeliveryRow(delivery, badge_of(delivery)) for delivery in sorted(found, key=lambda row: -row.pk)]
    return rows, _opened(endpoint, one[0], sorted(tried, key=lambda row: row.pk)) if one else None


def _opened(endpoint: WebhookEndpoint, delivery: WebhookDelivery, attempts: list[WebhookAttempt]) -> OpenDelivery:
    goes_on = endpoint.is_on and delivery.state == WebhookDelivery.State.PENDING
    return OpenDelivery(
        row=DeliveryRow(delivery, badge_of(delivery)),
        attempts=[(attempt, outcome_badge(attempt)) for attempt in attempts],
        sent=_request_text(endpoint, delivery),
        answer=_answer_text(attempts[-1]) if attempts else "",
        next_at=max(delivery.due_at, endpoint.rests_until or delivery.due_at) if goes_on else None,
        tries_left=max(0, TRIES - delivery.tries - 1),
        hours_left=round(sum(PAUSES[delivery.tries :]) / 3600),
    )


class _Numbers:
    """The counted attempts of all endpoints and, of those that are off, what they missed, by one statement."""

    def __init__(self, endpoints: Sequence[WebhookEndpoint]) -> None:
        self._first = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
        off = [endpoint for endpoint in endpoints if not endpoint.is_on]
        unsent = [missed(endpoint).order_by().values_list("pk", flat=True)[: MOST_MISSED + 1] for endpoint in off]
        totals, lately, *counted = read_together(*self._attempts(), *unsent)
        self._totals = {endpoint: numbers for endpoint, *numbers in totals}
        self._lately = {(endpoint, hour): (delivered, failed) for endpoint, hour, delivered, failed in lately}
        self._missed = {endpoint.pk: len(keys) for endpoint, keys in zip(off, counted, strict=True)}

    def row(self, endpoint: WebhookEndpoint) -> EndpointRow:
        """Return the endpoint with its numbers."""
        sent, failed = self._totals.get(endpoint.pk, (0, 0))
        hours = [self._lately.get((endpoint.pk, self._first + timedelta(hours=hour)), (0, 0)) for hour in range(HOURS)]
        return EndpointRow(
            endpoint,
            sent=sent,
            failed=failed,
            missed=self._missed.get(endpoint.pk, 0),
            bars=_bars(hours),
            sent_lately=sum(delivered for delivered, _failed in hours),
            failed_lately=sum(failed for _delivered, failed in hours),
        )

    def _attempts(self) -> Sequence[QuerySet[WebhookHour, Any]]:
        rows = WebhookHour.objects.order_by()
        return (
            rows.values_list("endpoint").annotate(sent=Sum("delivered"), bad=Sum("failed")),
            rows.filter(hour__gte=self._first).values_list("endpoint", "hour", "delivered", "failed"),
        )


def _bars(hours: list[tuple[int, int]]) -> list[Bar]:
    most = max(1, *(sent + failed for sent, failed in hours))
    return [
        Bar(hour * 8, max(1, round(HEIGHT * (sent + failed) / most)), failed > 0) for hour, (sent, failed) in enumerate(hours)
    ]


def _request_text(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> str:
    """Return the request as it is sent, without the signature."""
    parts = urlsplit(endpoint.url)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    at = f"webhook-timestamp: {int(delivery.tried_at.timestamp())}\n" if delivery.tried_at else ""
    head = (
        f"POST {path} HTTP/1.1\nHost: {parts.netloc}\nContent-Type: application/json\nUser-Agent: {USER_AGENT}\n"
        f"webhook-id: {delivery.webhook_id}\n{at}webhook-signature: v1,…"
    )
    try:
        body = json.dumps(json.loads(delivery.body), indent=1, ensure_ascii=False)
    except ValueError:
        body = delivery.body
    return f"{head}\n\n{body}"


def _answer_text(attempt: WebhookAttempt) -> str:
    if attempt.status is None:
        return ""
    return f"HTTP/1.1 {attempt.status}\n{attempt.answer}"
