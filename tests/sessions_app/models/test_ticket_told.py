"""What ticket systems told of their tickets: the newest word counts, links find it, and it goes with the last customer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sessions_app import customers
from sessions_app.actions import sessions, tickets
from sessions_app.customers import Customer, retention
from sessions_app.infrastructure import clock
from sessions_app.models import Person, Queue, Session, Ticket, TicketLink, TicketSystem


@pytest.fixture
def helpdesk(rows: None) -> TicketSystem:
    """A system whose states are mapped."""
    system = TicketSystem.objects.get(slug="helpdesk")
    system.state_map = [{"there": "Solved", "shown": "solved", "here": "close"}, {"there": "open", "shown": "open"}]
    system.save()
    return system


def test_a_message_that_was_overtaken_changes_nothing(helpdesk: TicketSystem) -> None:
    now = clock.now()
    Ticket.objects.heard(helpdesk, "HD-1", title="Kettle", state="solved", at=now)
    ticket, is_new = Ticket.objects.heard(helpdesk, "HD-1", title="Old", state="open", at=now - timedelta(seconds=1))
    assert (ticket.title, ticket.shown, is_new) == ("Kettle", "solved", False)


def test_a_message_about_the_title_alone_leaves_the_state(helpdesk: TicketSystem) -> None:
    Ticket.objects.heard(helpdesk, "HD-1", state="open", at=clock.now())
    since = Ticket.objects.get().state_at
    ticket, is_new = Ticket.objects.heard(helpdesk, "HD-1", title="Kettle", at=clock.now())
    assert (ticket.title, ticket.state, ticket.state_at, is_new) == ("Kettle", "open", since, True)


def test_a_state_that_is_not_mapped_is_kept_as_its_system_calls_it(helpdesk: TicketSystem) -> None:
    ticket, _new = Ticket.objects.heard(helpdesk, "HD-1", state="Waiting for\nvendor", at=clock.now())
    ticket.refresh_from_db()
    assert (ticket.state, ticket.shown, helpdesk.effect_of(ticket.state)) == ("Waiting for vendor", "", "leave")
    assert helpdesk.effect_of(" SOLVED ") == "close"


def test_links_made_before_and_after_find_what_was_told(
    helpdesk: TicketSystem, orders: Queue, session: Session, ben: Person
) -> None:
    before = tickets.link(session, ben, "HD-1")
    told, _new = Ticket.objects.heard(helpdesk, "HD-1", title="Kettle", state="open", at=clock.now())
    after = tickets.link(sessions.start_session(orders), ben, "HD-1")
    assert {link.record for link in TicketLink.objects.filter(pk__in=[before.pk, after.pk])} == {told}


def test_titles_go_with_the_last_customer_who_has_the_ticket(
    helpdesk: TicketSystem, orders: Queue, session: Session, ben: Person
) -> None:
    other = sessions.start_session(orders, user_id="lee")
    for one, number in ((session, "HD-1"), (session, "HD-2"), (other, "HD-2")):
        tickets.link(one, ben, number)
        Ticket.objects.heard(helpdesk, number, title="Kim's kettle", at=clock.now())
    customers.erase(Customer.of("user_id", "kim"))
    assert [ticket.ticket_id for ticket in Ticket.objects.all()] == ["HD-2"]
    customers.erase(Customer.of("user_id", "lee"))
    assert not Ticket.objects.exists()


def test_a_ticket_without_conversation_is_forgotten_after_a_month(
    helpdesk: TicketSystem, session: Session, ben: Person
) -> None:
    long_ago = clock.now() - timedelta(days=31)
    for number in ("HD-1", "HD-2"):
        Ticket.objects.heard(helpdesk, number, at=long_ago)
    Ticket.objects.heard(helpdesk, "HD-3", at=clock.now())
    tickets.link(session, ben, "HD-1")
    retention.forget_tickets()
    assert sorted(Ticket.objects.values_list("ticket_id", flat=True)) == ["HD-1", "HD-3"]
