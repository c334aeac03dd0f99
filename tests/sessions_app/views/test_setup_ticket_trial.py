"""A pasted body of a webhook is read as a real one would be, by what is typed; nothing is saved or sent."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from sessions_app.actions import tickets
from sessions_app.infrastructure import clock
from sessions_app.models import IncomingWebhook, Person, Session, Ticket, TicketSystem
from sessions_app.views.setup.ticket_trial import LONGEST_BODY, trial_of
from tests.sessions_app.html import flat
from tests.ticket_systems import MAKERS, Told

SETUP = "/setup/tickets/"


@pytest.fixture
def admin(client: Client, ana: Person) -> Client:
    client.force_login(ana)
    return client


def form(sample: str, **changed: Any) -> dict[str, Any]:
    """The form of a new system whose webhook is tried."""
    return {
        "name": "Tracker",
        "key": "tr",
        "hue": "4",
        "pattern": r"TR-\d+",
        "url_template": "https://tracker.example/{id}",
        "signature": "",
        "path_id": "issue.key",
        "path_title": "issue.title",
        "path_state": "issue.state",
        "path_delivery": "header:X-Delivery",
        "path_at": "issue.changed",
        "there": ["Fixed", ""],
        "shown": ["solved", ""],
        "here": ["close", "leave"],
        "sample": sample,
        "do": "test",
        **changed,
    }


def body(**changed: Any) -> str:
    issue = {"key": "TR-7", "title": "Kettle <b>cold</b>", "state": "fixed", "changed": clock.now().isoformat()}
    return json.dumps({"issue": {**issue, **changed}, "action": "edited"})


def test_what_would_be_read_is_said_and_nothing_is_saved(admin: Client) -> None:
    page = flat(admin.post(f"{SETUP}new/", form(body())))
    assert "This body can be read" in page
    assert "Ticket TR-7. 0 conversations are linked to it." in page
    assert "Title: “Kettle &lt;b&gt;cold&lt;/b&gt;”" in page
    assert "State “fixed” is shown as Solved. Then: Close here." in page
    assert "comes in the header X-Delivery" in page
    assert 'value="issue.key"' in page
    assert not TicketSystem.objects.filter(slug="tr").exists()
    assert not IncomingWebhook.objects.exists()
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("sample", "changed", "said"),
    [
        ("no JSON", {}, "This cannot be read: the body is no JSON"),
        ("", {}, "This cannot be read"),
        ("[" * 5000, {}, "This cannot be read"),
        ("7", {}, "no JSON object"),
        (body(), {"path_id": ""}, "Say where the webhook has the ticket"),
        (body(), {"path_id": "issue.number"}, "issue.number leads to no text here; there are key, title, state, changed."),
        (body(), {"path_id": "ticket.id"}, "there are issue, action."),
        (body(key=["TR-7"]), {}, "issue.key leads to no text here"),
        (body(key="7"), {}, "“7” is no ticket of this system"),
        (body(), {"pattern": "(TR-"}, "“TR-7” is no ticket of this system"),
    ],
)
def test_what_makes_a_body_useless_is_said_with_what_is_there(
    admin: Client, sample: str, changed: dict[str, Any], said: str
) -> None:
    page = flat(admin.post(f"{SETUP}new/", form(sample, **changed)))
    assert "This body cannot be used yet" in page
    assert said in page


def test_what_the_webhook_works_without_is_said_too(admin: Client) -> None:
    page = flat(admin.post(f"{SETUP}new/", form(body(title=None, state="Odd", changed="soon"), path_delivery="")))
    assert "This body can be read" in page
    assert "Title: issue.title leads to no text here" in page
    assert "State “Odd” is not in the map" in page
    assert "id: no path, so it is not read." in page
    assert "The time of arrival counts." in page
    old = (clock.now() - timedelta(days=90)).isoformat()
    assert "something so old is refused" in flat(admin.post(f"{SETUP}new/", form(body(changed=old))))


def test_a_body_that_is_too_long_has_its_error_beside_it(admin: Client) -> None:
    page = flat(admin.post(f"{SETUP}new/", form("x" * (LONGEST_BODY + 1))))
    assert "at most 100000 characters" in page
    assert 'aria-describedby="error_sample"' in page


def test_conversations_that_are_linked_are_counted(admin: Client, ana: Person, session: Session) -> None:
    system = TicketSystem.objects.create(
        slug="tr", name="Tracker", url_template="https://tracker.example/{id}", pattern=r"TR-\d+"
    )
    tickets.link(session, ana, "TR-7", system)
    page = flat(admin.post(f"{SETUP}tr/", form(body())))
    assert "Ticket TR-7. 1 conversation is linked to it." in page
    assert TicketSystem.objects.get(slug="tr").paths == {}


@pytest.mark.parametrize("name", MAKERS)
def test_bodies_as_systems_send_them_can_be_tried(name: str) -> None:
    maker = MAKERS[name]
    told = Told(maker.ticket, "Kettle", "open", clock.now())
    sent, _headers = maker.send(told)
    system = TicketSystem(
        name=name, pattern=maker.pattern, url_template=maker.url_template, paths=dict(maker.paths), signature=maker.signature
    )
    trial = trial_of(system, sent.decode("utf-8"))
    assert trial.tone == "good", [check.sentence for check in trial.checks]
    assert any("Kettle" in check.sentence for check in trial.checks)
