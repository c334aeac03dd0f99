"""Ticket systems in the set-up: from a preset to a working system, patterns tried, mistakes beside their fields, removal."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from sessions_app.actions import ticket_webhooks, tickets
from sessions_app.infrastructure import clock, sealing
from sessions_app.models import AuditEntry, IncomingWebhook, Person, Session, Ticket, TicketLink, TicketSystem
from sessions_app.models.ticket_presets import PRESETS
from sessions_app.webhooks.incoming.reading import Heard
from tests.sessions_app.html import flat

SETUP = "/setup/tickets/"


def form(**changed: Any) -> dict[str, Any]:
    """The form of a new Zendesk, with changes."""
    return {
        "name": "Zendesk",
        "key": "zd",
        "hue": "4",
        "preset": "zendesk",
        "pattern": r"\d{5}",
        "url_template": "https://acme.zendesk.com/agent/tickets/{id}",
        "examples": "Any news on ZD-48213?\nMy booking is K7QX2M",
        "signature": "zendesk",
        "secret": "a secret of Zendesk",
        "path_id": "detail.id",
        "there": ["open", "solved", ""],
        "shown": ["open", "solved", ""],
        "here": ["leave", "close", "leave"],
        **changed,
    }


@pytest.fixture
def admin(client: Client, ana: Person) -> Client:
    """Ana's browser."""
    client.force_login(ana)
    return client


@pytest.fixture
def zendesk(admin: Client) -> TicketSystem:
    assert admin.post(f"{SETUP}new/", form()).status_code == 303
    return TicketSystem.objects.get(slug="zd")


@pytest.mark.parametrize("preset", [preset.key for preset in PRESETS])
def test_every_preset_fills_the_form_and_is_right_about_its_own_examples(admin: Client, preset: str) -> None:
    page = flat(admin.get(f"{SETUP}new/", {"preset": preset}))
    chosen = next(one for one in PRESETS if one.key == preset)
    assert f'value="{chosen.tile}"' in page
    # The last example of each has a number that is no ticket.
    assert f"{len(chosen.examples) - 1} matched, 1 did not" in page


def test_a_system_is_added_with_its_secret_encrypted_and_never_shown(admin: Client, zendesk: TicketSystem) -> None:
    assert sealing.unseal(zendesk.sealed_secret, sealing.WEBHOOKS) == "a secret of Zendesk"
    assert (zendesk.key, zendesk.secret_end, zendesk.paths) == ("ZD", "desk", {"id": "detail.id"})
    assert [row["there"] for row in zendesk.state_map] == ["open", "solved"]
    page = flat(admin.get(f"{SETUP}zd/"))
    assert "ends in desk" in page
    assert "a secret of Zendesk" not in page
    entry = AuditEntry.objects.latest("number")
    assert (entry.kind, entry.actor_name, entry.subject_name) == ("setup.added", "Ana", "Zendesk")
    assert "a secret" not in str(entry.after)


def test_saving_without_a_secret_keeps_the_one_there_is(admin: Client, zendesk: TicketSystem) -> None:
    admin.post(f"{SETUP}zd/", form(secret="", name="Our Zendesk"))
    changed = TicketSystem.objects.get(slug="zd")
    assert (changed.name, changed.sealed_secret) == ("Our Zendesk", zendesk.sealed_secret)
    assert AuditEntry.objects.latest("number").before == {"name": "Zendesk"}


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"pattern": "(ZD-"}, "no regular expression that can be used"),
        ({"pattern": "(?=ZD)x"}, "looking ahead"),
        ({"url_template": "zendesk.com"}, "Write a web address with {id}"),
        ({"url_template": "https://YOURS.zendesk.com/{id}"}, "in the place of YOURS"),
        ({"name": "help desk"}, "Another system is called this already."),
        ({"name": ""}, "This field is required."),
        ({"key": "Z-1"}, "Up to four letters or digits."),
        ({"hue": "9"}, "less than or equal to 5"),
        ({"secret": "short"}, "at least 8 characters"),
        ({"secret": ""}, "A signed webhook needs the secret"),
        ({"path_id": "detail id"}, "Write the steps with dots"),
        ({"path_id": ""}, "Say where the webhook has the ticket"),
        ({"there": ["open", "OPEN"], "shown": ["open", "new"], "here": ["leave", "leave"]}, "stands above already"),
        ({"there": [""], "shown": ["open"], "here": ["leave"]}, "Write what the system calls this state."),
        ({"there": ["open"], "shown": [""], "here": ["leave"]}, "Choose what it is shown as"),
        ({"examples": "x\n" * 21}, "At most 20 examples."),
    ],
)
def test_a_mistake_stands_beside_its_field_and_nothing_typed_is_lost(admin: Client, typed: dict[str, Any], error: str) -> None:
    answer = admin.post(f"{SETUP}new/", form(**typed))
    page = flat(answer)
    assert (answer.status_code, error in page, 'value="detail' in page or "path_id" in typed) == (422, True, True)
    assert not TicketSystem.objects.filter(slug="zd").exists()


def test_a_pattern_is_tried_as_one_types_and_by_a_button_and_neither_saves(admin: Client, zendesk: TicketSystem) -> None:
    typed = form(pattern=r"\d{4}", examples="ticket 4821 3 <b>\nTicket 4821, zd-1234 and #4822")
    fragment = flat(admin.post(f"{SETUP}tries/", typed))
    assert "<mark>4821</mark> 3 &lt;b&gt;" in fragment
    assert re.search(r"<b>ZD-4821\s*<small>\+2</small></b>", fragment)
    page = flat(admin.post(f"{SETUP}zd/", {**typed, "do": "try"}))
    assert fragment in page
    assert TicketSystem.objects.get(slug="zd").pattern == r"\d{5}"
    assert "no regular expression" in flat(admin.post(f"{SETUP}tries/", form(pattern="(")))


def test_a_new_state_map_counts_for_tickets_there_are(admin: Client, zendesk: TicketSystem) -> None:
    Ticket.objects.heard(zendesk, "48213", state="Solved", at=clock.now())
    assert Ticket.objects.get().shown == "solved"
    admin.post(f"{SETUP}zd/", form(there=["solved"], shown=["pending"], here=["leave"]))
    assert Ticket.objects.get().shown == "pending"


def test_a_system_with_links_is_removed_when_its_name_was_typed(
    admin: Client, zendesk: TicketSystem, session: Session, ana: Person
) -> None:
    tickets.link(session, ana, "ZD-48213")
    answer = admin.post(f"{SETUP}zd/", {"do": "remove"})
    assert (answer.status_code, "1 conversation is linked" in flat(answer)) == (422, True)
    assert admin.post(f"{SETUP}zd/", {"do": "remove", "confirm": "zendesk "}).status_code == 303
    assert not TicketLink.objects.exists()
    assert session.changes.latest("pk").kind == "ticket.unlinked"
    assert AuditEntry.objects.latest("number").kind == "setup.removed"


def test_only_admins_change_ticket_systems(client: Client, ben: Person) -> None:
    client.force_login(ben)
    answers = [client.get(SETUP), client.post(f"{SETUP}new/", form()), client.post(f"{SETUP}tries/", form())]
    answers += [client.post(f"{SETUP}helpdesk/", {"do": "remove"})]
    assert {answer.status_code for answer in answers} == {404}
    assert TicketSystem.objects.filter(slug="helpdesk").exists()


def test_the_form_says_what_came_of_its_webhooks(admin: Client, zendesk: TicketSystem) -> None:
    address = f"{SETUP}{zendesk.slug}/"
    assert "Not heard yet. Enter the address" in flat(admin.get(address))
    ticket_webhooks.note(zendesk, IncomingWebhook.Outcome.REFUSED, "x-zendesk-webhook-signature does not fit")
    page = flat(admin.get(address))
    assert "Signature refused" in page
    assert "x-zendesk-webhook-signature does not fit" in page
    now = clock.now()
    ticket_webhooks.take(zendesk, Heard("48213", "Kettle", "open", now, "delivery-1", "digest-1"))
    page = flat(admin.get(address))
    assert "2 in 7 days, 1 refused." in page
    assert "48213" in page
