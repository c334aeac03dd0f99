"""Deliver what is due to one endpoint. One worker at a time has an endpoint, so a slow one holds up one thread alone."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q
from prometheus_client import Counter

from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import new_id
from sessions_app.infrastructure.sealing import UnreadableSecretError
from sessions_app.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookHour
from sessions_app.store.transactions import release_connections
from sessions_app.webhooks.outgoing import notices
from sessions_app.webhooks.outgoing.answers import SECONDS, Answer
from sessions_app.webhooks.outgoing.retries import GIVEN_UP_AFTER, pause_after, rest_after, wish_in
from sessions_app.webhooks.outgoing.signing import headers_for

if TYPE_CHECKING:
    from sessions_app.webhooks.outgoing.sending import Sender

SENT = Counter("kern_webhook_attempts_total", "Attempts to deliver webhooks, by how they ended", ["end"])
#: A worker has an endpoint for so many seconds before others get their turn, and before it hears that it should stop.
SHIFT = 5.0
#: Longer than one request may take: after a worker's death another goes on then.
LEASE = timedelta(seconds=3 * SECONDS)
#: A hint at an endpoint is given so much later again: the queue of a worker that is away is not filled.
NEXT_HINT = timedelta(seconds=20)
#: Endpoints whose deliveries are started at one sweep.
BATCH = 200
#: Statuses by which a server asks for less.
BUSY = (429, 503)
GONE = 410


def due() -> list[str]:
    """Return keys of endpoints with due deliveries that no worker has; each again only after a while."""
    found = list(WebhookEndpoint.objects.with_work().order_by("pk").values_list("pk", flat=True)[:BATCH])
    if found:
        WebhookEndpoint.objects.filter(pk__in=found).update(hinted_until=clock.now() + NEXT_HINT)
    return [str(key) for key in found]


def deliver(key: str) -> bool:
    """Deliver what is due to the endpoint, for a while. Returns whether more is due."""
    # Only here: it loads a client and certificates, which web processes never need.
    from sessions_app.webhooks.outgoing.sending import Sender

    owner = new_id()
    endpoint = _claimed(int(key), owner)
    if endpoint is None:
        return False
    until = time.monotonic() + SHIFT
    try:
        with Sender(endpoint.url) as sender:
            while time.monotonic() < until and (delivery := _next(endpoint, owner)) is not None:
                _attempt(endpoint, delivery, sender)
    finally:
        WebhookEndpoint.objects.filter(pk=endpoint.pk, lease_owner=owner).update(lease_owner="", lease_until=None)
    return WebhookEndpoint.objects.with_work().filter(pk=endpoint.pk).exists()


def _claimed(key: int, owner: str) -> WebhookEndpoint | None:
    now = clock.now()
    free = WebhookEndpoint.objects.usable().filter(Q(lease_until=None) | Q(lease_until__lte=now), pk=key)
    if not free.update(lease_owner=owner, lease_until=now + LEASE, hinted_until=None):
        return None
    return WebhookEndpoint.objects.get(pk=key)


def _next(endpoint: WebhookEndpoint, owner: str) -> WebhookDelivery | None:
    """Return the next due delivery, while the endpoint is ours and may be asked; the lease is renewed."""
    ours = WebhookEndpoint.objects.usable().filter(pk=endpoint.pk, lease_owner=owner, url=endpoint.url)
    if not ours.update(lease_until=clock.now() + LEASE):
        return None
    return endpoint.deliveries.due().order_by("due_at", "pk").first()


def _attempt(endpoint: WebhookEndpoint, delivery: WebhookDelivery, sender: Sender) -> None:
    now = clock.now()
    try:
        headers = headers_for(endpoint, delivery.webhook_id, delivery.body, now)
    except UnreadableSecretError:
        answer = Answer(problem="unreadable_secret")
    else:
        release_connections()
        answer = sender.post(delivery.body.encode(), headers)
    _record(endpoint.pk, delivery.pk, answer, now)


def _record(endpoint_key: int, delivery_key: int, answer: Answer, at: datetime) -> None:
    """Store the attempt and what follows of it, in one transaction."""
    SENT.labels("delivered" if answer.is_success else str(answer.status or answer.problem)).inc()
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_key).first()
        delivery = WebhookDelivery.objects.select_for_update().filter(pk=delivery_key).first()
        if endpoint is None or delivery is None:
            return
        WebhookAttempt.objects.create(
            delivery=delivery, status=answer.status, problem=answer.problem, took=answer.took, answer=answer.as_text(), at=at
        )
        _count(endpoint, at, answer)
        delivery.tries += 1
        delivery.is_failing = not answer.is_success
        delivery.status, delivery.problem, delivery.took, delivery.tried_at = answer.status, answer.problem, answer.took, at
        if answer.is_success:
            delivery.state = WebhookDelivery.State.SENT
            _succeeded(endpoint)
        else:
            _failed(endpoint, delivery, answer)
        delivery.save(update_fields=["tries", "status", "problem", "took", "tried_at", "state", "is_failing", "due_at"])


def _count(endpoint: WebhookEndpoint, at: datetime, answer: Answer) -> None:
    """Count the attempt in its hour; the endpoint's row is locked, so that two make no two rows."""
    hour, _new = WebhookHour.objects.get_or_create(endpoint=endpoint, hour=at.replace(minute=0, second=0, microsecond=0))
    column = "delivered" if answer.is_success else "failed"
    WebhookHour.objects.filter(pk=hour.pk).update(**{column: F(column) + 1})


def _succeeded(endpoint: WebhookEndpoint) -> None:
    if endpoint.failures or endpoint.failing_since or endpoint.rests_until:
        endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
        endpoint.save(update_fields=["failures", "failing_since", "rests_until"])


def _failed(endpoint: WebhookEndpoint, delivery: WebhookDelivery, answer: Answer) -> None:
    now = clock.now()
    wish = wish_in(answer.header("retry-after"), now) if answer.status is not None else None
    pause = pause_after(delivery.tries, wish)
    if pause is None:
        delivery.state = WebhookDelivery.State.FAILED
    else:
        delivery.due_at = now + pause
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    rest = rest_after(endpoint.failures, wish if answer.status in BUSY else None)
    endpoint.rests_until = now + rest if rest else None
    endpoint.save(update_fields=["failures", "failing_since", "rests_until"])
    if answer.status == GONE:
        _switch_off(endpoint, WebhookEndpoint.Off.GONE)
    elif now - endpoint.failing_since >= GIVEN_UP_AFTER:
        _switch_off(endpoint, WebhookEndpoint.Off.FAILING)


def _switch_off(endpoint: WebhookEndpoint, because: WebhookEndpoint.Off) -> None:
    """Switch the endpoint off and tell the admins; what is not delivered waits."""
    if WebhookEndpoint.objects.filter(pk=endpoint.pk, is_on=True).update(is_on=False, off_because=because, off_at=clock.now()):
        transaction.on_commit(lambda: notices.switched_off(endpoint.pk))
