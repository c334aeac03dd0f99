"""Webhooks in the set-up: add an endpoint, see what became of deliveries, send one again, switch off and on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from standardwebhooks.webhooks import Webhook

from sessions_app.actions import names
from sessions_app.models import AuditEntry, Person, Session, WebhookDelivery, WebhookEndpoint
from sessions_app.webhooks.outgoing import endpoints
from tests.sessions_app.html import flat
from tests.sessions_app.webhooks.conftest import allowed, deliver, endpoint, later, ledger, made
from tests.signing_in import sign_in_afresh
from tests.webhook_receiver import Receiver

__all__ = ["allowed", "deliver", "endpoint", "later", "ledger", "made"]

SETUP = "/setup/webhooks/"
Work = Callable[[], None]


@pytest.fixture
def admin(client: Client, ana: Person) -> Client:
    """Ana's browser, a moment after she gave her password."""
    sign_in_afresh(client, ana)
    return client


def test_a_browser_that_was_left_open_changes_no_endpoint(
    client: Client, ana: Person, endpoint: WebhookEndpoint, ledger: Receiver
) -> None:
    client.force_login(ana)
    before = endpoint.secret
    elsewhere = {"name": "Mine", "url": ledger.url}
    for address, form in (
        (f"{SETUP}new/", elsewhere),
        (f"{SETUP}{endpoint.pk}/", elsewhere),
        (f"{SETUP}{endpoint.pk}/", {"do": "secret"}),
        (f"{SETUP}{endpoint.pk}/", {"do": "removed"}),
    ):
        answer = client.post(address, form)
        assert answer.status_code == 302, form
        assert "reauthenticate" in answer["Location"]
    endpoint.refresh_from_db()
    assert (endpoint.name, endpoint.secret) == ("Booking ledger", before)
    # To send nothing needs no password.
    client.post(f"{SETUP}{endpoint.pk}/", {"do": "off"})
    endpoint.refresh_from_db()
    assert not endpoint.is_on


def test_an_endpoint_is_added_tested_and_its_secret_shown_once(
    admin: Client, ledger: Receiver, allowed: None, deliver: Work, orders: object
) -> None:
    form = {"name": "Ledger", "url": ledger.url, "events": ["session.closed"], "queues": ["orders"]}
    page = flat(admin.post(f"{SETUP}new/", form))
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", page)
    assert secret
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.events, endpoint.queues.get().slug) == (["session.closed"], "orders")
    assert admin.post(f"{SETUP}{endpoint.pk}/", {"do": "test"}).status_code == 303
    deliver()
    got = ledger.received[0]
    assert Webhook(secret[0]).verify(got.body, dict(got.headers))["type"] == "webhook.test"
    for address in (SETUP, f"{SETUP}{endpoint.pk}/"):
        assert secret[0] not in flat(admin.get(address))
    entry = AuditEntry.objects.get(kind="webhook.made")
    assert secret[0] not in str(entry.after)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": "https://10.0.0.7/hooks"}, "10.0.0.7 is inside our own network"),
        ({"url": "http://example.com/"}, "Use https"),
        ({"url": "example.com"}, "This is no web address"),
        ({"url": ""}, "Write the address"),
        ({"url": "https://example.com/" + "x" * 1_000}, "at most 1000 characters"),
        ({"name": ""}, "Give it a name"),
        ({"name": "x" * 81}, "at most 80"),
        ({"events": ["session.exploded"]}, "is not one of the available choices"),
        ({"queues": ["nowhere"]}, "is not one of the available choices"),
    ],
)
def test_a_mistake_stands_beside_its_field_and_nothing_typed_is_lost(
    admin: Client, orders: object, changed: dict[str, Any], words: str
) -> None:
    form = {"name": "Ledger of bookings", "url": "https://example.com/h", **changed}
    response = admin.post(f"{SETUP}new/", form)
    page = flat(response)
    assert response.status_code == 422
    assert words in page
    assert 'class="error"' in page
    assert str(form["url"]) in page
    assert not WebhookEndpoint.objects.exists()


def test_a_failed_delivery_shows_what_was_sent_and_answered_and_is_sent_again(
    admin: Client, endpoint: WebhookEndpoint, session: Session, ana: Person, ledger: Receiver, deliver: Work
) -> None:
    ledger.answers(500)
    names.rename(session, ana, "<b>Kettle</b>")
    deliver()
    delivery = endpoint.deliveries.get(event="name.changed")
    page = flat(admin.get(SETUP, {"hook": str(endpoint.pk), "delivery": str(delivery.pk), "f": "failed"}))
    assert "&lt;b&gt;Kettle&lt;/b&gt;" in page
    assert "<b>Kettle" not in page
    for words in (
        "POST /hooks HTTP/1.1",
        "webhook-signature: v1,…",
        "HTTP/1.1 500",
        "Next at",
        "then 6 more, over 9 h",
        "1 / 8",
    ):
        assert words in page, words
    ledger.answers(200)
    assert admin.post(f"{SETUP}{endpoint.pk}/deliveries/", {"again": delivery.pk}).status_code == 303
    deliver()
    assert WebhookDelivery.objects.get(pk=delivery.pk).state == "sent"
    page = flat(admin.get(SETUP, {"f": "failed", "event": "name.changed"}))
    assert "Nothing here." in page
    assert "33.3 % of 3 attempts" in page
    assert "Last 12 hours: 1 delivered, 2 failed" in page


def test_one_that_is_switched_off_says_so_and_is_switched_on_with_what_it_missed(
    admin: Client, endpoint: WebhookEndpoint, session: Session, ledger: Receiver, deliver: Work
) -> None:
    admin.post(f"{SETUP}{endpoint.pk}/", {"do": "off"})
    deliver()
    page = flat(admin.get(SETUP))
    assert "Booking ledger was switched off on" in page
    assert "Switch on and send 1" in page
    refused = admin.post(f"{SETUP}{endpoint.pk}/", {"do": "test"})
    assert refused.status_code == 422
    assert "Switch it on first" in flat(refused)
    admin.post(f"{SETUP}{endpoint.pk}/", {"do": "on"})
    deliver()
    assert len(ledger.received) == 1


def test_it_is_changed_and_removed_after_a_second_press(admin: Client, endpoint: WebhookEndpoint, ledger: Receiver) -> None:
    admin.post(f"{SETUP}{endpoint.pk}/", {"name": "Other", "url": ledger.url})
    endpoint.refresh_from_db()
    assert endpoint.name == "Other"
    page = flat(admin.post(f"{SETUP}{endpoint.pk}/", {"do": "remove"}))
    assert "all its deliveries go for good" in page
    admin.post(f"{SETUP}{endpoint.pk}/", {"do": "removed"})
    assert not WebhookEndpoint.objects.exists()
    kinds = AuditEntry.objects.filter(kind__startswith="webhook.").order_by("number")
    assert list(kinds.values_list("kind", flat=True)) == ["webhook.made", "webhook.changed", "webhook.removed"]


def test_the_page_asks_little_however_much_there_is(
    admin: Client, ana: Person, endpoint: WebhookEndpoint, ledger: Receiver, deliver: Work
) -> None:
    def queries() -> int:
        newest = endpoint.deliveries.latest("pk").pk
        with CaptureQueriesContext(connection) as asked:
            admin.get(SETUP, {"hook": endpoint.pk, "delivery": newest})
        return len(asked)

    endpoints.send_test(endpoint)
    deliver()
    few = queries()
    for number in range(3):
        endpoints.make(ana, endpoints.Wanted(f"More {number}", ledger.url))
    for _ in range(30):
        endpoints.send_test(endpoint)
    deliver()
    assert queries() == few <= 8
    assert "Older deliveries" in flat(admin.get(SETUP, {"hook": endpoint.pk}))
