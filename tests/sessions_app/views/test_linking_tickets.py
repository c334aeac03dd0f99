"""Linking a ticket from the Tickets page: its conversation is found by a few words."""

from __future__ import annotations

import pytest
from django.test import Client

from sessions_app.actions import names, sessions
from sessions_app.models import Person, Queue, Session, TicketLink
from tests.counting import at_most
from tests.sessions_app.html import flat


@pytest.fixture
def browser(client: Client, ben: Person) -> Client:
    client.force_login(ben)
    client.get("/profile/")
    return client


def test_a_ticket_is_linked_to_the_one_conversation_that_is_found(browser: Client, session: Session, ben: Person) -> None:
    names.rename(session, ben, "Broken kettle")
    for number, typed in enumerate((session.session_id, "KETTLE", " kim ")):
        answer = browser.post("/tickets/link/", {"ticket": f"HD-{number}", "session": typed})
        assert answer.headers["Location"] == f"/open/{session.session_id}/"
    assert [link.ticket_id for link in session.tickets.all()] == ["HD-0", "HD-1", "HD-2"]


def test_where_several_fit_one_is_chosen(browser: Client, orders: Queue, session: Session) -> None:
    other = sessions.start_session(orders, customer_name="Kim")
    with at_most(12, "choosing"):
        answer = browser.post("/tickets/link/", {"ticket": "HD-7", "session": "Kim"})
    page = flat(answer)
    assert (answer.status_code, "Several fit." in page, 'value="HD-7"' in page) == (422, True, True)
    assert f'name="chosen" value="{session.session_id}"' in page
    browser.post("/tickets/link/", {"ticket": "HD-7", "session": "Kim", "chosen": other.session_id})
    assert TicketLink.objects.get().session == other


@pytest.mark.parametrize(
    ("ticket", "conversation", "words"),
    [
        ("HD-1", "", ["Write the conversation"]),
        ("HD-1", "nowhere at all", ["No conversation that you see"]),
        ("HD-1", "\x00", ["No conversation that you see"]),
        ("kettle", "kim", ["is no ticket of"]),
        ("", "kim", ["Write the ticket"]),
        ("kettle", "nowhere", ["is no ticket of", "No conversation that you see"]),
    ],
)
def test_mistakes_stand_beside_their_fields_and_nothing_typed_is_lost(
    browser: Client, session: Session, ticket: str, conversation: str, words: list[str]
) -> None:
    answer = browser.post("/tickets/link/", {"ticket": ticket, "session": conversation})
    page = flat(answer)
    assert answer.status_code == 422
    assert all(word in page for word in words)
    assert f'name="ticket" value="{ticket}"' in page
    assert not TicketLink.objects.exists()


def test_people_link_only_what_they_see(client: Client, cy: Person, session: Session) -> None:
    client.force_login(cy)
    for typed in (session.session_id, "Kim"):
        assert client.post("/tickets/link/", {"ticket": "HD-1", "session": typed}).status_code == 422
    assert not TicketLink.objects.exists()
