"""Tickets of a conversation on its page, and the way from a ticket system back to it."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from sessions_app.actions import messages, sessions, tickets
from sessions_app.infrastructure import clock
from sessions_app.models import Person, Queue, Session, Ticket, TicketLink, TicketSystem
from tests.sessions_app.html import flat

HTMX = {"HX-Request": "true"}


@pytest.fixture
def browser(client: Client, ben: Person) -> Client:
    client.force_login(ben)
    return client


@pytest.fixture
def numbers(rows: None) -> TicketSystem:
    """A system whose ids are numbers, with a key."""
    return TicketSystem.objects.create(
        slug="zd", name="Zendesk", key="ZD", pattern=r"\d{5}", url_template="https://acme.zendesk.com/agent/tickets/{id}"
    )


def header(browser: Client, session: Session) -> str:
    return flat(browser.get(f"/sessions/{session.session_id}/header/"))


def test_tickets_that_customers_mention_are_suggested_and_linked_by_nobody_else(
    browser: Client, numbers: TicketSystem, session: Session
) -> None:
    messages.receive(session, "It is ZD-48213, see also [#48214] and hd-7. I paid 48215 euros; covid-19.")
    page = header(browser, session)
    assert "3 mentioned" in page
    assert not session.tickets.exists()
    for label in ("Link ZD-48213", "Link ZD-48214", "Link HD-7"):
        assert f'aria-label="{label}"' in page
    address = f"/sessions/{session.session_id}/tickets/"
    assert browser.post(address, {"system": "zd", "ticket": "48213"}, headers=HTMX).status_code == 204
    assert "2 mentioned" in header(browser, session)


def test_a_mention_that_is_not_meant_is_suggested_to_none_again_until_it_is_linked(
    browser: Client, numbers: TicketSystem, session: Session, ana: Person, ben: Person
) -> None:
    messages.receive(session, "It is ZD-48213, not ZD-48214.")
    address = f"/sessions/{session.session_id}/tickets/"
    for _twice in range(2):
        browser.post(address, {"system": "zd", "ticket": "zd-48214", "do": "dismiss"}, headers=HTMX)
    browser.force_login(ana)
    messages.receive(session, "Really not ZD-48214!")
    page = header(browser, session)
    assert ("1 mentioned" in page, "Link ZD-48214" in page) == (True, False)
    assert session.changes.filter(kind="ticket.dismissed").count() == 1
    tickets.unlink(tickets.link(session, ben, "ZD-48214"), ben)
    assert "2 mentioned" in header(browser, session)


def test_what_is_dismissed_must_be_a_ticket(browser: Client, session: Session) -> None:
    address = f"/sessions/{session.session_id}/tickets/"
    for typed, system in (("kettle", "helpdesk"), ("kettle", "nowhere"), ("", "helpdesk")):
        answer = browser.post(address, {"system": system, "ticket": typed, "do": "dismiss"}, headers=HTMX)
        assert answer.status_code == 422
    assert not session.tickets.exists()


def test_what_names_no_ticket_comes_back_in_its_field_with_the_reason(browser: Client, session: Session) -> None:
    address = f"/sessions/{session.session_id}/tickets/"
    answer = browser.post(address, {"ticket": "<i>kettle</i>"}, headers=HTMX)
    fragment = flat(answer)
    assert answer.status_code == 422
    assert 'value="&lt;i&gt;kettle&lt;/i&gt;"' in fragment
    assert "is no ticket of" in fragment
    plain = browser.post(address, {"ticket": "kettle"})
    assert plain.status_code == 422
    assert 'value="kettle"' in flat(plain)


def test_state_and_title_stand_on_the_chip_and_in_the_list(
    browser: Client, numbers: TicketSystem, session: Session, ben: Person
) -> None:
    numbers.state_map = [{"there": "open", "shown": "open"}]
    numbers.save()
    Ticket.objects.heard(numbers, "48213", title="A kettle <b>", state="open", at=clock.now())
    tickets.link(session, ben, "ZD48213")
    for page in (header(browser, session), flat(browser.get("/open/"))):
        assert 'title="A kettle &lt;b&gt; · Open"' in page
        assert "ZD-48213" in page


def test_a_key_names_its_system_unless_a_pattern_spells_the_same(numbers: TicketSystem, session: Session, ben: Person) -> None:
    TicketSystem.objects.create(slug="jira", name="Jira", pattern=r"[A-Z]+-\d+", url_template="https://j.example/{id}")
    assert tickets.link(session, ben, "ZD-48213").system == numbers
    literal = TicketSystem.objects.create(slug="old", name="Old", pattern=r"ZD-\d+", url_template="https://o.example/{id}")
    assert tickets.link(session, ben, "ZD-48213").system == literal


def test_one_of_several_tickets_stands_first(browser: Client, session: Session, ben: Person) -> None:
    made = [tickets.link(session, ben, f"HD-{number}") for number in (1, 2, 3, 4)]
    assert browser.post(f"/tickets/{made[2].pk}/", {"do": "first"}).status_code == 303
    assert [link.ticket_id for link in session.tickets.primary_first()] == ["HD-3", "HD-1", "HD-2", "HD-4"]
    browser.post(f"/tickets/{made[1].pk}/", {"do": "first"})
    assert TicketLink.objects.get(is_primary=True) == made[1]
    row = flat(browser.get("/open/"))
    assert re.findall(r'class="ticket"[^>]*>([^<]*)<', row) == ["HD-2", "HD-1"]
    assert "+2" in row


def test_a_link_back_from_the_ticket_system_leads_to_its_conversation(
    browser: Client, orders: Queue, session: Session, ben: Person
) -> None:
    tickets.link(session, ben, "HD-7")
    for spelled in ("HD-7", "hd-7", "Ticket%23HD-7"):
        assert browser.get(f"/tickets/helpdesk/{spelled}/").headers["Location"] == f"/open/{session.session_id}/"
    tickets.link(sessions.start_session(orders, customer_name="Lee"), ben, "HD-7")
    page = flat(browser.get("/tickets/helpdesk/HD-7/"))
    assert page.count('href="/open/') >= 2
    assert browser.get("/tickets/helpdesk/kettle/").status_code == 404
    assert browser.get("/tickets/nowhere/HD-7/").status_code == 404


def test_a_ticket_without_conversation_offers_to_start_one(
    browser: Client, orders: Queue, parcels: Queue, session: Session, ben: Person
) -> None:
    assert "Start a conversation about it" in flat(browser.get("/tickets/helpdesk/HD-9/"))
    answer = browser.post("/tickets/helpdesk/HD-9/", {"queue": "orders", "customer_email": "kim"})
    assert (answer.status_code, "valid email" in flat(answer)) == (422, True)
    assert browser.post("/tickets/helpdesk/HD-9/", {"queue": "parcels"}).status_code == 422
    started = browser.post("/tickets/helpdesk/HD-9/", {"queue": "orders", "customer_name": "Kim"})
    link = TicketLink.objects.select_related("session").get(ticket_id="HD-9")
    assert started.headers["Location"] == f"/open/{link.session.session_id}/"
    assert (link.session.customer_name, link.session.queue) == ("Kim", orders)


def test_people_of_other_queues_learn_nothing_from_a_ticket(client: Client, session: Session, ben: Person, cy: Person) -> None:
    tickets.link(session, ben, "HD-7")
    client.force_login(cy)
    assert "No conversation that you see" in flat(client.get("/tickets/helpdesk/HD-7/"))
