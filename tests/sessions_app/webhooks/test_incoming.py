"""Webhooks in: what ticket systems say counts when it is signed, once, and in its order."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from sessions_app.actions import names, sessions, tickets
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.sealing import WEBHOOKS, seal
from sessions_app.models import IncomingWebhook, Person, Session, Ticket, TicketSystem
from sessions_app.webhooks import retention
from tests.at_once import at_once
from tests.ticket_systems import MAKERS, Maker, Told

Outcome = IncomingWebhook.Outcome
STATES = [
    {"there": "solved", "shown": "solved", "here": "close"},
    {"there": "Open", "shown": "open", "here": "reopen"},
    {"there": "waiting", "shown": "pending", "here": "snooze"},
    {"there": "seen", "shown": "open", "here": "leave"},
]
Send = Callable[..., Any]


@pytest.fixture(params=MAKERS)
def maker(request: pytest.FixtureRequest) -> Maker:
    return MAKERS[request.param]


@pytest.fixture
def jira() -> Maker:
    return MAKERS["jira"]


def set_up(maker: Maker) -> TicketSystem:
    return TicketSystem.objects.create(
        slug="theirs",
        name="Their desk",
        url_template=maker.url_template,
        pattern=maker.pattern,
        signature=maker.signature,
        sealed_secret=seal(maker.secret, WEBHOOKS),
        paths=dict(maker.paths),
        state_map=STATES,
    )


def told(maker: Maker, state: str = "seen", **more: Any) -> Told:
    return replace(Told(maker.ticket, "Köffer lost", state, clock.now().replace(microsecond=0)), **more)


def post(body: bytes, headers: dict[str, str], address: str = "/hooks/tickets/theirs/") -> Any:
    kind = headers.get("Content-Type", "application/json")
    others = {name: value for name, value in headers.items() if name != "Content-Type"}
    return Client().post(address, body, content_type=kind, headers=others)


@pytest.fixture
def send(maker: Maker) -> Send:
    """Have the system tell something; returns the outcome."""

    def tell(**changes: Any) -> str:
        response = post(*maker.send(told(maker, **changes)))
        assert response.status_code == 200, response.content
        return str(response.json()["outcome"])

    return tell


def test_each_system_tells_title_and_state_of_a_ticket(maker: Maker, send: Send, session: Session, ana: Person) -> None:
    system = set_up(maker)
    link = tickets.link(session, ana, maker.ticket, system)
    assert send() == Outcome.CHANGED
    ticket = Ticket.objects.get()
    assert (ticket.ticket_id, ticket.title, ticket.state, ticket.shown) == (maker.ticket, "Köffer lost", "seen", "open")
    link.refresh_from_db()
    assert link.record == ticket
    change = session.changes.get(kind="ticket.changed")
    assert (change.actor, change.data["news"]) == ("Their desk", "seen, Köffer lost")
    assert send() == Outcome.REPEATED
    assert session.changes.filter(kind="ticket.changed").count() == 1
    system.refresh_from_db()
    assert system.heard_at is not None


def test_a_changed_byte_or_a_wrong_secret_is_refused_and_recorded(maker: Maker, rows: None) -> None:
    system = set_up(maker)
    body, headers = maker.send(told(maker))
    if maker.signature not in ("gitlab", "token"):
        assert post(body.replace(b"lost", b"l0st").replace(b"K", b"C"), headers).status_code == 401
    TicketSystem.objects.update(sealed_secret=seal("whsec_AAAA", WEBHOOKS))
    assert post(body, headers).status_code == 401
    assert post(body, {}).status_code == 401
    assert not Ticket.objects.exists()
    assert set(system.webhooks.values_list("outcome", flat=True)) == {Outcome.REFUSED}
    assert not system.webhooks.exclude(delivery_id="").exists()


def test_what_was_signed_long_ago_or_will_be_is_refused(maker: Maker, rows: None) -> None:
    set_up(maker)
    for away in (timedelta(days=-31), timedelta(minutes=-6), timedelta(minutes=6)):
        response = post(*maker.send(told(maker, at=clock.now() + away, delivery=f"at {away}")))
        is_signed_time = maker.signature in ("linear", "zendesk", "standard")
        knows_time = "at" in maker.paths or is_signed_time
        expected = 401 if is_signed_time or (knows_time and away < timedelta(days=-30)) else 200
        assert response.status_code == expected, (away, response.content)


def test_the_same_under_another_id_is_known_by_its_signature(jira: Maker, rows: None) -> None:
    set_up(jira)
    body, headers = jira.send(told(jira))
    assert post(body, headers).json()["outcome"] == Outcome.CHANGED
    assert post(body, {**headers, "X-Atlassian-Webhook-Identifier": "another"}).json()["outcome"] == Outcome.REPEATED


def test_an_older_message_that_comes_later_changes_nothing(jira: Maker, rows: None) -> None:
    set_up(jira)
    post(*jira.send(told(jira, "solved")))
    late = told(jira, "Open", at=clock.now() - timedelta(minutes=1), delivery="delivery-0")
    assert post(*jira.send(late)).json()["outcome"] == Outcome.UNCHANGED
    assert Ticket.objects.get().state == "solved"


def test_the_state_map_closes_reopens_and_snoozes(jira: Maker, session: Session, ana: Person) -> None:
    system = set_up(jira)
    tickets.link(session, ana, jira.ticket, system)
    for number, (state, status) in enumerate(
        [("solved", "closed"), ("seen", "closed"), ("Open", "open"), ("waiting", "snoozed"), ("nowhere", "snoozed")]
    ):
        at = clock.now() + timedelta(milliseconds=number)
        post(*jira.send(told(jira, state, at=at, delivery=f"d{number}")))
        session.refresh_from_db()
        assert (session.status, Ticket.objects.get().state) == (status, state)
    assert session.changes.get(kind="session.closed").actor == "Their desk"


def test_a_state_that_is_told_again_undoes_no_person(jira: Maker, session: Session, ana: Person) -> None:
    system = set_up(jira)
    tickets.link(session, ana, jira.ticket, system)
    post(*jira.send(told(jira, "solved")))
    sessions.reopen(session, ana)
    post(*jira.send(told(jira, "solved", title="Another title", delivery="d2", at=clock.now())))
    session.refresh_from_db()
    assert session.status == "open"


def test_a_name_by_the_ticket_follows_its_title_and_a_persons_stays(jira: Maker, session: Session, ana: Person) -> None:
    system = set_up(jira)
    tickets.link(session, ana, jira.ticket, system)
    session.name, session.name_source = jira.ticket, Session.NameSource.TICKET
    session.save(update_fields=["name", "name_source"])
    post(*jira.send(told(jira)))
    session.refresh_from_db()
    assert (session.name, session.name_source) == ("Köffer lost", "ticket")
    names.rename(session, ana, "Mine")
    post(*jira.send(told(jira, title="Theirs", delivery="d2", at=clock.now())))
    session.refresh_from_db()
    assert session.name == "Mine"


@pytest.mark.parametrize(
    ("body", "status", "outcome"),
    [
        (b'{"zen": "Keep it logically awesome."}', 200, Outcome.IGNORED),
        (b'{"issue": {"key": "OTHER-1"}}', 200, Outcome.IGNORED),
        (b'{"issue": {"key": {"a": 1}, "fields": []}}', 200, Outcome.IGNORED),
        (b'{"issue": {"key": true}}', 200, Outcome.IGNORED),
        (b'{"issue": {"key": "SHOP-31", "fields": null}, "timestamp": 1e999}', 400, Outcome.UNREADABLE),
        (b'{"issue": {"key": "SHOP-31"}, "timestamp": "soon"}', 200, Outcome.CHANGED),
        (b"[]", 200, Outcome.IGNORED),
        (b'"text"', 400, Outcome.UNREADABLE),
        (b"", 400, Outcome.UNREADABLE),
        (b"\xff\xfe", 400, Outcome.UNREADABLE),
        (b"[" * 100_000, 400, Outcome.UNREADABLE),
        (b'{"issue": {"key": "SHOP-31", "fields": {"summary": "a\\u0000b\\u202e\\ud800"}}}', 200, Outcome.CHANGED),
        (b'{"timestamp": ' + b"9" * 5_000 + b"}", 400, Outcome.UNREADABLE),
    ],
)
def test_odd_bodies(jira: Maker, rows: None, body: bytes, status: int, outcome: str) -> None:
    import hashlib
    import hmac

    set_up(jira)
    signature = hmac.new(jira.secret.encode(), body, hashlib.sha256).hexdigest()
    response = post(body, {"X-Hub-Signature": f"sha256={signature}"})
    assert (response.status_code, response.json()["outcome"]) == (status, outcome), response.content


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Hub-Signature": "sha256="},
        {"X-Hub-Signature": "sha1=0"},
        {"X-Hub-Signature": "none"},
        {"X-Hub-Signature": "sha256=ü"},
        {"X-Hub-Signature": "sha256=" + "0" * 60_000},
    ],
)
def test_odd_signatures(jira: Maker, rows: None, headers: dict[str, str]) -> None:
    set_up(jira)
    assert post(b"{}", headers).status_code == 401


def test_a_secret_may_stand_in_the_address_where_nothing_else_can(rows: None) -> None:
    freshdesk = MAKERS["freshdesk"]
    set_up(freshdesk)
    body, _headers = freshdesk.send(told(freshdesk))
    assert post(body, {}, "/hooks/tickets/theirs/?token=wrong").status_code == 401
    secret = freshdesk.secret.replace(" ", "%20")
    assert post(body, {}, f"/hooks/tickets/theirs/?token={secret}").json()["outcome"] == Outcome.CHANGED


def test_gitlab_signs_too_where_its_secret_is_a_signing_token(rows: None) -> None:
    standard = replace(MAKERS["standard"], signature="gitlab")
    set_up(standard)
    body, headers = standard.send(told(standard))
    assert post(body, {"X-Gitlab-Token": standard.secret}).status_code == 401
    assert post(body, headers).json()["outcome"] == Outcome.CHANGED


def test_without_a_webhook_there_is_no_door(jira: Maker, rows: None) -> None:
    body, headers = jira.send(told(jira))
    assert post(body, headers).status_code == 404
    set_up(jira)
    TicketSystem.objects.update(signature="")
    assert post(body, headers).status_code == 404


def test_too_many_requests_are_told_to_wait(jira: Maker, rows: None, settings: Settings) -> None:
    from sessions_app.views import incoming_webhooks

    system = set_up(jira)
    answers = [post(b"{}", {}) for _ in range(incoming_webhooks.REFUSALS + 5)]
    assert {response.status_code for response in answers} == {401}
    assert system.webhooks.count() <= incoming_webhooks.REFUSALS


def test_the_same_at_once_is_taken_once(jira: Maker, session: Session, ana: Person) -> None:
    system = set_up(jira)
    tickets.link(session, ana, jira.ticket, system)
    body, headers = jira.send(told(jira))
    outcomes = at_once([lambda: post(body, headers).json()["outcome"]] * 4)
    assert sorted(outcomes) == ["changed", "repeated", "repeated", "repeated"]
    assert session.changes.filter(kind="ticket.changed").count() == 1


def test_what_failed_inside_may_be_sent_again(jira: Maker, rows: None, database_away: None) -> None:
    body, headers = jira.send(told(jira))
    assert post(body, headers).status_code == 503


def test_they_are_kept_for_thirty_days_without_their_bodies(jira: Maker, rows: None) -> None:
    set_up(jira)
    post(*jira.send(told(jira)))
    row = IncomingWebhook.objects.get()
    assert "Köffer" not in json.dumps({name: str(value) for name, value in vars(row).items()})
    IncomingWebhook.objects.update(at=clock.now() - timedelta(days=31))
    retention.tidy()
    assert not IncomingWebhook.objects.exists()
