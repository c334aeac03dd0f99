"""The page of tickets: what is linked, what needs a look, for whom, and at what price."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from sessions_app.actions import sessions, tickets
from sessions_app.infrastructure import clock
from sessions_app.models import Person, Queue, Session, Ticket, TicketSystem
from sessions_app.queries import ticket_list
from tests.counting import at_most
from tests.sessions_app.html import flat


@pytest.fixture
def helpdesk(rows: None) -> TicketSystem:
    system = TicketSystem.objects.get(slug="helpdesk")
    system.state_map = [{"there": "solved", "shown": "solved", "here": "leave"}]
    system.save()
    return system


@pytest.fixture
def browser(client: Client, ben: Person) -> Client:
    client.force_login(ben)
    client.get("/profile/")
    return client


def heard(system: TicketSystem, ticket_id: str, state: str = "", title: str = "", days: int = 0) -> None:
    Ticket.objects.heard(system, ticket_id, title=title, state=state, at=clock.now() - timedelta(days=days))


def read(browser: Client, kind: str, **more: str) -> str:
    with at_most(8, kind):
        answer = browser.get("/tickets/", {"kind": kind, **more})
    assert answer.status_code == 200
    return flat(answer)


def test_tickets_stand_where_something_is_to_do(
    browser: Client, helpdesk: TicketSystem, orders: Queue, session: Session, ben: Person
) -> None:
    other = sessions.start_session(orders, customer_name="Lee")
    for one, number in ((session, "HD-1"), (session, "HD-2"), (other, "HD-2"), (session, "HD-3")):
        tickets.link(one, ben, number)
    heard(helpdesk, "HD-3", "Solved", "A <b>kettle</b>")
    heard(helpdesk, "HD-4", "open", "Nobody talks of it")
    linked, none, closed, twice = (read(browser, kind) for kind in ticket_list.KINDS)
    assert [linked.count(f"HD-{number} in ") for number in (1, 2, 3, 4)] == [1, 1, 1, 0]
    assert "HD-4 in " in none
    assert 'href="/tickets/helpdesk/HD-4/"' in none
    assert "HD-3 in " in closed
    assert "A &lt;b&gt;kettle&lt;/b&gt;" in closed
    assert "Close here too" in closed
    assert "2 open conversations carry HD-2." in twice
    assert "HD-1 in " not in none + closed + twice


def test_closing_here_too_takes_the_ticket_off_the_list(
    browser: Client, helpdesk: TicketSystem, session: Session, ben: Person
) -> None:
    tickets.link(session, ben, "HD-1")
    heard(helpdesk, "HD-1", "solved")
    browser.post(f"/sessions/{session.session_id}/status/", {"do": "resolve"})
    assert "HD-1 in " not in read(browser, "closed")
    assert "HD-1 in " in read(browser, "linked")


def test_a_state_that_was_told_long_ago_is_marked(
    browser: Client, helpdesk: TicketSystem, session: Session, ben: Person
) -> None:
    helpdesk.signature, helpdesk.heard_at = "token", clock.now() - timedelta(days=3)
    helpdesk.save()
    tickets.link(session, ben, "HD-1")
    heard(helpdesk, "HD-1", "open", days=3)
    page = read(browser, "linked")
    assert 'class="ago old">state from' in page
    assert "Help desk: the last webhook came" in page


def test_people_see_tickets_of_their_own_conversations_alone(
    client: Client, helpdesk: TicketSystem, session: Session, ben: Person, cy: Person
) -> None:
    tickets.link(session, ben, "HD-1")
    heard(helpdesk, "HD-1", "solved", "Kim's kettle")
    client.force_login(cy)
    pages = [flat(client.get("/tickets/", {"kind": kind})) for kind in ticket_list.KINDS]
    pages.append(flat(client.get("/tickets/helpdesk/HD-1/")))
    assert not any("kettle" in page or "HD-1 in " in page for page in pages)


def test_the_list_goes_on_page_by_page_at_the_same_price(
    browser: Client, helpdesk: TicketSystem, orders: Queue, ben: Person
) -> None:
    for number in range(ticket_list.PAGE + 5):
        tickets.link(sessions.start_session(orders), ben, f"HD-{number}")
    first = read(browser, "linked")
    assert first.count(" in Help desk") == ticket_list.PAGE
    older = ticket_list.page_of(ben, "linked").next
    assert read(browser, "linked", before=older).count(" in Help desk") == 5
    assert read(browser, "linked", system="bugs").count(" in Help desk") == 0
    assert read(browser, "nonsense", before="x", system="nowhere").count(" in Help desk") == ticket_list.PAGE
