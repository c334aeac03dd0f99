"""The page of tickets: what is linked, what needs a look, for whom, and at what price."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from sessions_app.actions import sessions, tickets
from sessions_app.infrastructure import clock
from sessions_app.models import Person, Queue, Session, Ticket, TicketSystem
from sessions_app.queries import ticket_list
from sessions_app.queries.ticket_filters import KINDS, TicketFilters
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
    linked, none, closed, twice = (read(browser, kind) for kind in KINDS)
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
    pages = [flat(client.get("/tickets/", {"kind": kind})) for kind in KINDS]
    pages.append(flat(client.get("/tickets/helpdesk/HD-1/")))
    assert not any("kettle" in page or "HD-1 in " in page for page in pages)


def test_the_list_goes_on_page_by_page_at_the_same_price(
    browser: Client, helpdesk: TicketSystem, orders: Queue, ben: Person
) -> None:
    for number in range(ticket_list.PAGE + 5):
        tickets.link(sessions.start_session(orders), ben, f"HD-{number}")
    first = read(browser, "linked")
    assert first.count(" in Help desk") == ticket_list.PAGE
    older = ticket_list.page_of(ben, TicketFilters(), [orders]).next
    assert read(browser, "linked", before=older).count(" in Help desk") == 5
    assert read(browser, "linked", system="bugs").count(" in Help desk") == 0
    assert read(browser, "nonsense", before="x", system="nowhere").count(" in Help desk") == ticket_list.PAGE


def test_what_needs_a_look_stands_first_and_is_counted_in_the_sidebar(
    browser: Client, helpdesk: TicketSystem, orders: Queue, session: Session, ben: Person
) -> None:
    other = sessions.start_session(orders, user_id="kim", customer_name="Kim")
    for one, number in ((session, "HD-1"), (other, "HD-1"), (session, "HD-2"), (other, "HD-3")):
        tickets.link(one, ben, number)
    heard(helpdesk, "HD-2", "solved")
    page = read(browser, "linked")
    headings = ["Same ticket twice", "HD-1 in ", "Closed there, open here", "HD-2 in ", "Linked, nothing to do", "HD-3 in "]
    places = [page.index(words, page.index('class="scroll"')) for words in headings]
    assert places == sorted(places)
    assert [page.count(f"HD-{number} in ") for number in (1, 2, 3)] == [1, 1, 1]
    assert '<span class="label">Tickets</span><span class="n">2</span>' in flat(browser.get("/open/"))


def test_two_that_are_kept_apart_are_asked_about_no_more_until_a_third_comes(
    browser: Client, helpdesk: TicketSystem, orders: Queue, session: Session, ben: Person
) -> None:
    other = sessions.start_session(orders, customer_name="Lee")
    for one in (session, other):
        tickets.link(one, ben, "HD-1")
    both = {"a": session.session_id, "b": other.session_id}
    assert "Perhaps different customers: <bdi>Kim</bdi>, <bdi>Lee</bdi>." in read(browser, "twice")
    browser.post("/merge/", {**both, "do": "apart"})
    assert "HD-1 in " not in read(browser, "twice")
    details = f"/sessions/{session.session_id}/details/"
    assert "is in another open conversation" not in flat(browser.get(details))
    assert "Ben keeps these apart since" in flat(browser.get("/merge/", both))
    third = sessions.start_session(orders, user_id="kim", customer_name="Kim")
    tickets.link(third, ben, "HD-1")
    page = read(browser, "twice")
    assert "3 open conversations carry HD-1." in page
    assert "Same customer, <bdi>Kim</bdi>." in page
    assert f"a={session.session_id}&amp;b={third.session_id}" in page
    browser.post("/merge/", {**both, "do": "offer"})
    assert f"a={session.session_id}&amp;b={other.session_id}" in read(browser, "twice")


def test_it_is_narrowed_by_system_state_and_queue(
    client: Client, helpdesk: TicketSystem, orders: Queue, parcels: Queue, session: Session, ana: Person
) -> None:
    client.force_login(ana)
    client.get("/profile/")
    other = sessions.start_session(parcels)
    for one, number in ((session, "HD-1"), (other, "HD-2"), (session, "HD-3"), (other, "HD-3"), (session, "ABC-77")):
        tickets.link(one, ana, number)
    helpdesk.state_map = [{"there": "open", "shown": "open", "here": "leave"}]
    helpdesk.save()
    heard(helpdesk, "HD-1", "open")
    heard(helpdesk, "HD-2", "who knows")
    for narrowed, expected in (
        ({"system": "bugs"}, "ABC-77"),
        ({"state": "open"}, "HD-1"),
        ({"state": "unknown"}, "HD-2 HD-3 ABC-77"),
        ({"queue": "orders"}, "HD-1 HD-3 ABC-77"),
        ({"queue": "parcels", "system": "helpdesk"}, "HD-2 HD-3"),
        ({"state": "closed"}, ""),
        ({"queue": "nowhere", "state": "x", "system": "y", "sort": "z"}, "HD-1 HD-2 HD-3 ABC-77"),
    ):
        page = read(client, "linked", **narrowed)
        shown = {name for name in ("HD-1", "HD-2", "HD-3", "ABC-77") if f'aria-label="{name} in' in page}
        assert shown == set(expected.split()), narrowed
    assert "No ticket fits these filters." in read(client, "linked", state="closed")


@pytest.mark.parametrize(("sort", "expected"), [("told", [9, 2, 10, 1]), ("id", [1, 2, 9, 10])])
def test_other_orders_go_on_page_by_page_too(
    browser: Client, helpdesk: TicketSystem, orders: Queue, ben: Person, sort: str, expected: list[int]
) -> None:
    for number in (1, 10, 2, 9):
        tickets.link(sessions.start_session(orders), ben, f"HD-{number}")
    for days, number in enumerate((9, 2)):
        heard(helpdesk, f"HD-{number}", "open", days=days)
    page = read(browser, "linked", sort=sort)
    places = [page.index(f'aria-label="HD-{number} in') for number in expected]
    assert places == sorted(places) if sort == "id" else places[:2] == sorted(places[:2]) < places[2:]
    for number in range(100, 100 + ticket_list.PAGE):
        tickets.link(sessions.start_session(orders), ben, f"HD-{number}")
    found, cursor = [], None
    while cursor != "":
        listed = ticket_list.page_of(ben, TicketFilters(sort=sort), [orders], int(cursor) if cursor else None)
        found += [row.ticket_id for group in listed.groups for row in group.rows]
        cursor = listed.next
    assert (len(found), len(set(found))) == (4 + ticket_list.PAGE,) * 2
