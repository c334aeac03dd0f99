"""Webhooks out: signed so that receivers can check them, tried again, and given up when an endpoint is gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from pytest_django.fixtures import Settings
from standardwebhooks.webhooks import Webhook

from sessions_app.actions import names, sessions
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.sealing import WEBHOOKS, unseal
from sessions_app.models import Person, Session, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from sessions_app.webhooks import retention
from sessions_app.webhooks.outgoing import delivering, endpoints, outbox
from sessions_app.webhooks.outgoing.retries import GIVEN_UP_AFTER, TRIES
from tests.webhook_receiver import Habit, Receiver

State = WebhookDelivery.State
Work = Callable[[], None]


@pytest.fixture
def named(endpoint: WebhookEndpoint, session: Session, ben: Person) -> WebhookDelivery:
    """Ben gave the conversation a name, and the endpoint is to be told."""
    names.rename(session, ben, "Über den Wolken ✈")
    outbox.collect()
    return endpoint.deliveries.get(event="name.changed")


def test_the_standard_library_of_receivers_accepts_what_is_sent(
    made: tuple[WebhookEndpoint, str], ledger: Receiver, named: WebhookDelivery, deliver: Work
) -> None:
    deliver()
    _started, got = ledger.received
    told = Webhook(made[1]).verify(got.body, dict(got.headers))
    assert (told["type"], told["data"]["name"], told["data"]["by"]) == ("name.changed", "Über den Wolken ✈", "Ben")
    assert told["data"]["session"]["id"] == named.session.session_id
    assert got.headers["webhook-id"] == named.webhook_id
    assert ledger.connections == 1, "the connection is kept for the next delivery"


def test_a_new_secret_and_the_one_before_sign_for_a_day(
    made: tuple[WebhookEndpoint, str], ana: Person, ledger: Receiver, named: WebhookDelivery, deliver: Work
) -> None:
    endpoint, former = made
    secret = endpoints.renew_secret(endpoint, ana)
    deliver()
    got = ledger.received[0]
    for key in (former, secret):
        Webhook(key).verify(got.body, dict(got.headers))
    assert secret not in WebhookEndpoint.objects.get().secret
    WebhookEndpoint.objects.update(former_until=clock.now())
    endpoints.send_test(endpoint)
    deliver()
    assert " " not in ledger.received[-1].headers["webhook-signature"]


def test_what_fails_is_tried_again_with_growing_pauses_under_the_same_id(
    endpoint: WebhookEndpoint, ledger: Receiver, deliver: Work, later: Work
) -> None:
    ledger.answers(500)
    delivery, pauses = endpoints.send_test(endpoint), []
    for _ in range(TRIES):
        deliver()
        delivery.refresh_from_db()
        pauses.append(delivery.due_at - clock.now())
        later()
    deliver()
    assert delivery.state == State.FAILED
    assert len(ledger.received) == delivery.attempts.count() == TRIES
    assert set(ledger.ids) == {delivery.webhook_id}
    assert pauses[:-2] == sorted(pauses[:-2])
    assert sum(pauses[:-1], timedelta()) > timedelta(hours=9)


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_it_is_not_tried_before_the_server_said(endpoint: WebhookEndpoint, ledger: Receiver, deliver: Work, form: str) -> None:
    wish = "7200" if form == "seconds" else format_datetime(clock.now() + timedelta(hours=2), usegmt=True)
    ledger.answers(Habit(429, {"Retry-After": wish}))
    delivery = endpoints.send_test(endpoint)
    deliver()
    delivery.refresh_from_db()
    endpoint.refresh_from_db()
    least = clock.now() + timedelta(minutes=119)
    assert delivery.due_at > least
    assert endpoint.rests_until is not None
    assert endpoint.rests_until > least, "the other deliveries wait, too"


@pytest.mark.parametrize("wish", ["soon", "-5", "", "99999999999999999999", "Tue, 99 Foo 2026", "1e9", "٣"])
def test_a_wish_that_makes_no_sense_holds_nothing_up_for_longer_than_a_day(
    endpoint: WebhookEndpoint, ledger: Receiver, deliver: Work, wish: str
) -> None:
    ledger.answers(Habit(503, {"Retry-After": wish.encode().decode("latin-1")}))
    delivery = endpoints.send_test(endpoint)
    deliver()
    delivery.refresh_from_db()
    assert clock.now() < delivery.due_at < clock.now() + timedelta(hours=30)


@pytest.mark.parametrize(
    ("habit", "status", "problem"),
    [
        (Habit(how="giant"), 200, ""),
        (Habit(302, {"Location": "http://169.254.169.254/latest/meta-data/"}), 302, ""),
        (Habit(how="cuts"), None, "no_http"),
        (Habit(how="babbles"), None, "no_http"),
        (Habit(404, body=b"\xff\x00<script>"), 404, ""),
    ],
)
def test_odd_servers(
    endpoint: WebhookEndpoint, ledger: Receiver, deliver: Work, habit: Habit, status: int | None, problem: str
) -> None:
    ledger.answers(habit)
    delivery = endpoints.send_test(endpoint)
    deliver()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.problem) == (status, problem)
    assert len(ledger.received) == 1, "no redirect is followed"
    assert len(delivery.attempts.get().answer) < 5_000


@pytest.mark.parametrize("how", ["drips", "hangs"])
def test_a_server_that_drips_or_hangs_ends_at_the_deadline(ledger: Receiver, allowed: None, how: str) -> None:
    from sessions_app.webhooks.outgoing.sending import Sender

    ledger.answers(Habit(how=how))
    with Sender(ledger.url, seconds=0.3) as sender:
        assert sender.post(b"{}", {}).problem == "timeout"


def test_a_port_where_nobody_listens(made: tuple[WebhookEndpoint, str], deliver: Work) -> None:
    WebhookEndpoint.objects.update(url="http://127.0.0.1:9/")
    delivery = endpoints.send_test(made[0])
    deliver()
    delivery.refresh_from_db()
    assert (delivery.problem, delivery.state) == ("no_connection", State.PENDING)


def test_gone_switches_the_endpoint_off_and_tells_the_admins(
    endpoint: WebhookEndpoint, ana: Person, ben: Person, ledger: Receiver, deliver: Work, settings: Settings
) -> None:
    settings.EMAIL_CONFIG = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}
    ledger.answers(410)
    endpoints.send_test(endpoint)
    deliver()
    endpoint.refresh_from_db()
    assert (endpoint.is_on, endpoint.off_because) == (False, "gone")
    assert [letter.to for letter in mail.outbox] == [[ana.email]]
    assert "Booking ledger" in mail.outbox[0].subject


def test_an_endpoint_that_failed_for_days_is_switched_off_and_can_be_sent_what_it_missed(
    endpoint: WebhookEndpoint, ana: Person, session: Session, ledger: Receiver, deliver: Work, later: Work
) -> None:
    ledger.answers(500)
    deliver()
    WebhookEndpoint.objects.update(failing_since=clock.now() - GIVEN_UP_AFTER)
    later()
    deliver()
    endpoint.refresh_from_db()
    assert (endpoint.is_on, endpoint.off_because) == (False, "failing")
    sessions.resolve(session, ana)
    later()
    deliver()
    assert len(ledger.received) == 2, "nothing is sent any more"
    assert endpoints.missed(endpoint).count() == 2, "what happens meanwhile waits"
    ledger.answers(200)
    endpoints.switch_on(endpoint, ana, with_missed=True)
    deliver()
    assert [json.loads(got.body)["type"] for got in ledger.received[2:]] == ["session.started", "session.closed"]
    endpoint.refresh_from_db()
    assert (endpoint.is_on, endpoint.failures, endpoint.failing_since) == (True, 0, None)


def test_it_can_be_switched_on_without_what_it_missed(
    endpoint: WebhookEndpoint, ana: Person, session: Session, ledger: Receiver, deliver: Work
) -> None:
    endpoints.switch_off(endpoint, ana)
    deliver()
    endpoints.switch_on(endpoint, ana, with_missed=False)
    deliver()
    assert not ledger.received
    assert endpoint.deliveries.get().state == State.SKIPPED


def test_a_dead_server_is_not_asked_for_each_delivery(endpoint: WebhookEndpoint, ledger: Receiver, deliver: Work) -> None:
    ledger.answers(500)
    for _ in range(12):
        endpoints.send_test(endpoint)
    deliver()
    deliver()
    assert len(ledger.received) == 5, "it rests after five failures in a row"
    assert endpoint.deliveries.filter(tries=0).count() == 7, "and the others lose no attempt"


def test_redelivering_sends_the_same_again_and_says_so_when_it_cannot(
    endpoint: WebhookEndpoint, ana: Person, ledger: Receiver, named: WebhookDelivery, deliver: Work
) -> None:
    deliver()
    endpoints.redeliver(named)
    deliver()
    assert ledger.ids[-1] == ledger.ids[-2] == named.webhook_id
    assert ledger.received[-1].body == ledger.received[-2].body
    endpoints.switch_off(endpoint, ana)
    with pytest.raises(InvalidAction, match="Switch it on first"):
        endpoints.redeliver(named)


def test_one_worker_has_an_endpoint_and_another_goes_on_after_its_death(
    endpoint: WebhookEndpoint, ledger: Receiver, named: WebhookDelivery
) -> None:
    WebhookEndpoint.objects.update(lease_owner="dead", lease_until=clock.now() + timedelta(seconds=30))
    assert not delivering.due()
    assert not delivering.deliver(str(endpoint.pk))
    assert not ledger.received
    WebhookEndpoint.objects.update(lease_until=clock.now())
    assert delivering.due() == [str(endpoint.pk)]
    assert not delivering.due(), "it was hinted at a moment ago"
    delivering.deliver(str(endpoint.pk))
    assert len(ledger.received) == 2


def test_a_secret_that_no_key_reads_sends_nothing(
    endpoint: WebhookEndpoint, ledger: Receiver, deliver: Work, settings: Settings
) -> None:
    delivery = endpoints.send_test(endpoint)
    settings.SECRET_KEY = "another-key-that-nobody-told-of-the-one-before"
    deliver()
    delivery.refresh_from_db()
    assert (delivery.problem, ledger.received) == ("unreadable_secret", [])


def test_deliveries_are_kept_for_thirty_days(endpoint: WebhookEndpoint, named: WebhookDelivery, deliver: Work) -> None:
    deliver()
    WebhookDelivery.objects.filter(pk=named.pk).update(created_at=clock.now() - timedelta(days=31))
    retention.tidy()
    assert not WebhookDelivery.objects.filter(pk=named.pk).exists()
    assert WebhookAttempt.objects.count() == 1


def test_secrets_are_encrypted_anew_for_todays_key(made: tuple[WebhookEndpoint, str], settings: Settings) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-that-knows-the-one-before-it-was"
    call_command("reencrypt", stdout=StringIO())
    settings.SECRET_KEY_FALLBACKS = []
    assert unseal(WebhookEndpoint.objects.get().secret, WEBHOOKS) == made[1]
