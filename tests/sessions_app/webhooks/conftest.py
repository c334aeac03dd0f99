"""An endpoint of another system, and what workers do for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytest_django.fixtures import Settings

from sessions_app.infrastructure import clock
from sessions_app.models import Person, WebhookDelivery, WebhookEndpoint
from sessions_app.webhooks.outgoing import delivering, endpoints, outbox
from sessions_app.webhooks.outgoing.endpoints import Wanted
from tests.webhook_receiver import Receiver, receiver


@pytest.fixture
def ledger() -> Iterator[Receiver]:
    """The booking ledger's server, inside our own network."""
    with receiver() as running:
        yield running


@pytest.fixture
def allowed(settings: Settings) -> None:
    """Who runs the program allows this machine's own addresses."""
    settings.KERN_WEBHOOK_HOSTS = ["127.0.0.1"]


@pytest.fixture
def made(ana: Person, ledger: Receiver, allowed: None) -> tuple[WebhookEndpoint, str]:
    """Ana's endpoint that is told everything, and its secret."""
    return endpoints.make(ana, Wanted("Booking ledger", ledger.url))


@pytest.fixture
def endpoint(made: tuple[WebhookEndpoint, str]) -> WebhookEndpoint:
    return made[0]


@pytest.fixture
def deliver() -> Callable[[], None]:
    """Do what scheduler and workers do until nothing is due."""

    def work() -> None:
        outbox.collect()
        WebhookEndpoint.objects.update(hinted_until=None)
        for key in delivering.due():
            delivering.deliver(key)

    return work


@pytest.fixture
def later() -> Callable[[], None]:
    """Let all pauses be over."""

    def pass_time() -> None:
        WebhookDelivery.objects.waiting().update(due_at=clock.now())
        WebhookEndpoint.objects.update(rests_until=None)

    return pass_time
