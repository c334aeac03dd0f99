"""Make deliveries from the change log, so that verbs and turns do nothing for webhooks and wait for none.

The log is the outbox: an event is there once its transaction is committed, and is read until its deliveries are. Numbers of
the log are taken before their transactions commit, so a lower one may become visible after a higher one was read. Such holes
are remembered and looked for again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from sessions_app.changes import log
from sessions_app.changes.kinds import Kind
from sessions_app.infrastructure import broken_rows, clock
from sessions_app.models import Change, Session, WebhookDelivery, WebhookEndpoint, WebhookPosition
from sessions_app.webhooks.outgoing.events import OF_KIND, is_wanted
from sessions_app.webhooks.outgoing.payloads import Told, told_of

#: Changes that are read at once.
BATCH = 1_000
#: No transaction is open for so long; a number that is missing still then was given back.
HOLES_KEPT = timedelta(hours=1)
MOST_HOLES = 10_000


def collect() -> int:
    """Make deliveries of what happened since the last time; returns their number."""
    made = 0
    while _has_news():
        with transaction.atomic():
            new, is_all = _collect_some()
        made += new
        if is_all:
            break
    return made


def begin() -> int:
    """Return the number after which changes are told to a new endpoint; with the first one the reading begins."""
    newest = log.newest()
    if not WebhookEndpoint.objects.exists():
        WebhookPosition.objects.update_or_create(pk=1, defaults={"position": newest, "holes": []})
    return newest


def _has_news() -> bool:
    """Return whether the log goes on behind the position or in a hole: asked every second, and without a lock."""
    if not WebhookEndpoint.objects.exists():
        return False
    place = WebhookPosition.objects.filter(pk=1).first() or WebhookPosition()
    missing = [number for number, _since in place.holes]
    return Change.objects.filter(Q(pk__gt=place.position) | Q(pk__in=missing)).exists()


def _collect_some() -> tuple[int, bool]:
    place, _new = WebhookPosition.objects.select_for_update().get_or_create(pk=1)
    rows = Change.objects.filter(pk__gt=place.position).order_by("pk").values_list("pk", "kind")
    found = list(rows[:BATCH])
    missing = [number for number, _since in place.holes]
    late = list(Change.objects.filter(pk__in=missing).values_list("pk", "kind")) if missing else []
    if found or late:
        endpoints = list(WebhookEndpoint.objects.prefetch_related("queues"))
        kinds = {kind for kind, event in OF_KIND.items() if any(is_wanted(event, one.events) for one in endpoints)}
        keys = [pk for pk, kind in (*late, *found) if kind in kinds]
        made = _deliver(keys, endpoints) if keys else 0
        _move(place, [pk for pk, _kind in found], {pk for pk, _kind in late})
        return made, len(found) < BATCH
    return 0, True


def _move(place: WebhookPosition, read: list[int], late: set[int]) -> None:
    """Remember up to where the log was read, and which numbers below were missing."""
    now = int(clock.now().timestamp())
    since = now - int(HOLES_KEPT.total_seconds())
    holes = [hole for hole in place.holes if hole[0] not in late and hole[1] > since]
    if read:
        seen = set(read)
        beginning = max(place.position + 1, read[-1] - MOST_HOLES)
        holes += [[number, now] for number in range(beginning, read[-1]) if number not in seen]
        place.position = read[-1]
    place.holes = holes[-MOST_HOLES:]
    place.save()


def _deliver(keys: list[int], endpoints: list[WebhookEndpoint]) -> int:
    # What is written in spam calls no program.
    in_spam = Q(session__status=Session.Status.SPAM, kind=Kind.MESSAGE_CUSTOMER)
    changes = Change.objects.filter(pk__in=keys).exclude(Q(session__status=Session.Status.ERASED) | in_spam)
    told = _readable(list(changes.select_related("session__queue").order_by("pk")))
    rows = [_row(endpoint, one) for one in told for endpoint in endpoints if _wants(endpoint, one)]
    return len(WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=200))


def _readable(changes: list[Change]) -> Iterable[Told]:
    """Return what is told of the changes; one that cannot be read is reported and does not stop the others."""
    try:
        return told_of(changes)
    except Exception as error:
        if broken_rows.is_away(error):
            raise
        if len(changes) == 1:
            broken_rows.report("change", changes[0].pk, error)
            return []
    return [told for change in changes for told in _readable([change])]


def _wants(endpoint: WebhookEndpoint, told: Told) -> bool:
    queues = {queue.pk for queue in endpoint.queues.all()}
    is_there = not queues or told.change.session.queue_id in queues
    return is_wanted(told.event, endpoint.events) and is_there and told.change.pk > endpoint.after_change


def _row(endpoint: WebhookEndpoint, told: Told) -> WebhookDelivery:
    return WebhookDelivery(
        endpoint=endpoint,
        event=told.event.value,
        about=told.about,
        session=told.change.session,
        change_key=told.change.pk,
        body=told.body,
    )
