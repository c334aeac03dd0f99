"""Endpoints: make, change, switch, remove, give a new secret. What admins do is in the audit log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.sealing import WEBHOOKS, seal
from sessions_app.models import Person, Queue, WebhookDelivery, WebhookEndpoint
from sessions_app.models.webhook import LONGEST_URL
from sessions_app.validation.text import checked_name
from sessions_app.webhooks.outgoing import outbox
from sessions_app.webhooks.outgoing.addresses import ForbiddenAddressError, check_address
from sessions_app.webhooks.outgoing.events import TEST, Event
from sessions_app.webhooks.outgoing.payloads import body_of
from sessions_app.webhooks.outgoing.signing import BOTH_SIGN, new_secret

LONGEST_NAME = 80
#: A delivery that begins anew.
AGAIN: dict[str, Any] = {"state": WebhookDelivery.State.PENDING, "tries": 0, "is_failing": False}


@dataclass(frozen=True)
class Wanted:
    """Settings of an endpoint as an admin asks for them. No events: every one; no queues: all of them."""

    name: str
    url: str
    events: Sequence[str] = ()
    queues: Collection[Queue] = ()


def make(person: Person, wanted: Wanted) -> tuple[WebhookEndpoint, str]:
    """Make an endpoint; returns it with its secret, which is shown this once. Raises `InvalidAction`."""
    values, secret = _checked(wanted), new_secret()
    with transaction.atomic():
        after = outbox.begin()
        endpoint = WebhookEndpoint.objects.create(**values, secret=seal(secret, WEBHOOKS), after_change=after, made_by=person)
        endpoint.queues.set(wanted.queues)
        audit.record(audit.Kind.WEBHOOK_MADE, actor=person, subject=endpoint, after=described(endpoint))
    return endpoint, secret


def change(endpoint: WebhookEndpoint, person: Person, wanted: Wanted) -> None:
    """Change name, address, events and queues. Raises `InvalidAction`."""
    values = _checked(wanted)
    with transaction.atomic():
        locked = _locked(endpoint)
        before = described(locked)
        if locked.url != values["url"]:
            # What failed before says nothing of the new address.
            values |= {"failures": 0, "failing_since": None, "rests_until": None}
        _write(locked, **values)
        locked.queues.set(wanted.queues)
        after = described(locked)
        if before != after:
            audit.record(audit.Kind.WEBHOOK_CHANGED, actor=person, subject=locked, before=before, after=after)


def renew_secret(endpoint: WebhookEndpoint, person: Person) -> str:
    """Make a new secret and return it; the one before signs too for a day, so that the receiver can change over."""
    secret, now = new_secret(), clock.now()
    with transaction.atomic():
        locked = _locked(endpoint)
        _write(
            locked,
            former_secret=locked.secret,
            former_until=now + BOTH_SIGN,
            secret=seal(secret, WEBHOOKS),
            secret_set_at=now,
        )
        audit.record(audit.Kind.WEBHOOK_SECRET, actor=person, subject=locked)
    return secret


def switch_off(endpoint: WebhookEndpoint, person: Person) -> None:
    """Send nothing to it; what happens meanwhile waits. Does nothing when it is off."""
    with transaction.atomic():
        locked = _locked(endpoint)
        if locked.is_on:
            _write(locked, is_on=False, off_because=WebhookEndpoint.Off.PERSON, off_at=clock.now())
            audit.record(audit.Kind.WEBHOOK_OFF, actor=person, subject=locked)


def switch_on(endpoint: WebhookEndpoint, person: Person, *, with_missed: bool) -> None:
    """Send to it again, what was missed first or never. Does nothing when it is on."""
    with transaction.atomic():
        locked = _locked(endpoint)
        if locked.is_on:
            return
        rows = missed(locked)
        if with_missed:
            rows.update(**AGAIN, due_at=clock.now())
        else:
            rows.update(state=WebhookDelivery.State.SKIPPED, is_failing=False)
        _write(locked, is_on=True, off_because="", off_at=None, failures=0, failing_since=None, rests_until=None)
        audit.record(audit.Kind.WEBHOOK_ON, actor=person, subject=locked, after={"with_missed": with_missed})


def missed(endpoint: WebhookEndpoint) -> Any:
    """Return the deliveries that a switched-off endpoint missed: those that wait, and those given up since it failed."""
    waits = Q(state=WebhookDelivery.State.PENDING)
    if endpoint.failing_since:
        waits |= Q(state=WebhookDelivery.State.FAILED, tried_at__gte=endpoint.failing_since)
    return WebhookDelivery.objects.filter(waits, endpoint=endpoint)


def remove(endpoint: WebhookEndpoint, person: Person) -> None:
    """Remove the endpoint with its deliveries."""
    with transaction.atomic():
        locked = _locked(endpoint)
        before = described(locked)
        audit.record(audit.Kind.WEBHOOK_REMOVED, actor=person, subject=locked, before=before)
        locked.delete()


def redeliver(delivery: WebhookDelivery) -> None:
    """Send a delivery again, now: with the same id, so that a receiver who has it can tell. Raises `InvalidAction`."""
    with transaction.atomic():
        endpoint = _locked(delivery.endpoint)
        if not endpoint.is_on:
            raise InvalidAction(_("%(name)s is switched off. Switch it on first.") % {"name": endpoint.name})
        _write(endpoint, rests_until=None, hinted_until=None)
        WebhookDelivery.objects.filter(pk=delivery.pk).update(**AGAIN, due_at=clock.now())


def send_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Send an event that tells of nothing, now. Raises `InvalidAction` when the endpoint is switched off."""
    at = clock.now().isoformat().replace("+00:00", "Z")
    text = _("A test: the signature is right when your program takes this.")
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint, event=TEST, about=_("Test"), body=body_of(TEST, None, {"text": text}, at), state="skipped"
    )
    redeliver(delivery)
    return delivery


def described(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return the endpoint's settings for the audit log, without its secret."""
    return {
        "name": endpoint.name,
        "url": endpoint.url,
        "events": list(endpoint.events) or "all",
        "queues": sorted(endpoint.queues.values_list("slug", flat=True)) or "all",
    }


def checked_url(url: str) -> str:
    """Return the address of an endpoint. Raises `InvalidAction` for one that webhooks are not sent to."""
    found = url.strip()
    if len(found) > LONGEST_URL:
        raise InvalidAction(_("An address has at most %(most)d characters.") % {"most": LONGEST_URL})
    try:
        check_address(found)
    except ForbiddenAddressError as refusal:
        raise InvalidAction(str(refusal)) from refusal
    return found


def _checked(wanted: Wanted) -> dict[str, Any]:
    url = checked_url(wanted.url)
    if unknown := sorted(set(wanted.events) - set(Event.values)):
        raise InvalidAction(_("There is no event %(name)s.") % {"name": unknown[0]})
    name = checked_name(wanted.name, _("The name"), LONGEST_NAME)
    return {"name": name, "url": url, "events": [event for event in Event.values if event in wanted.events]}


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    try:
        return WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    except WebhookEndpoint.DoesNotExist:
        raise InvalidAction(_("This endpoint was removed.")) from None


def _write(endpoint: WebhookEndpoint, **values: Any) -> None:
    for name, value in values.items():
        setattr(endpoint, name, value)
    endpoint.save(update_fields=list(values))
