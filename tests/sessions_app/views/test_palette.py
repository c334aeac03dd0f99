"""What the palette offers, and the one list of keys."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from sessions_app.actions import messages, sessions, tickets
from sessions_app.models import Person, Queue, Session
from sessions_app.queries.keys import ACTIONS, BY_NAME, GROUPS
from tests.counting import at_most
from tests.page_style import ROOT
from tests.sessions_app.html import flat


def offered(client: Client, person: Person, typed: str = "") -> str:
    client.force_login(person)
    answer = client.get("/palette/", {"q": typed})
    assert answer.status_code == 200
    return flat(answer.content.decode())


def test_views_queues_and_pages_are_offered(client: Client, ana: Person, ben: Person) -> None:
    shown = offered(client, ben)
    for address in ("/needs-person/", "/queues/orders/", "/names/", "/sessions/new/"):
        assert f'href="{address}"' in shown
    assert "/queues/parcels/" not in shown
    assert "/setup/" not in shown
    assert "/setup/" in offered(client, ana)


def test_what_was_opened_last_comes_first(client: Client, orders: Queue, ben: Person, cy: Person) -> None:
    first, second = (sessions.start_session(orders, customer_name=name) for name in ("A", "B"))
    client.force_login(ben)
    for session in (first, second):
        client.get(f"/open/{session.session_id}/")
    shown = offered(client, ben)
    assert shown.index(second.session_id) < shown.index(first.session_id)
    client.get(f"/open/{first.session_id}/")
    assert first.session_id not in offered(client, cy)


def test_conversations_customers_and_tickets_are_found(client: Client, session: Session, ben: Person, cy: Person) -> None:
    messages.receive(session, "Where is my bicycle?")
    tickets.link(session, ben, "HD-77")
    assert f"/open/{session.session_id}/" in offered(client, ben, "bicycle")
    assert 'href="/search/?q=from%3Akim"' in offered(client, ben, "kim")
    assert 'href="/tickets/helpdesk/HD-77/"' in offered(client, ben, "hd-77")
    for typed in ("bicycle", "kim", "hd-77"):
        assert "data-found" not in offered(client, cy, typed), "of another queue nothing is found"


@pytest.mark.parametrize("typed", ["", "kim"])
def test_its_proposals_take_few_queries_however_many_there_are(
    client: Client, session: Session, orders: Queue, ben: Person, typed: str
) -> None:
    for number in range(12):
        other = sessions.start_session(orders, user_id=f"kim-{number}", customer_name="Kim")
        tickets.link(other, ben, f"HD-{number}")
    client.force_login(ben)
    client.get("/profile/")
    with at_most(8, "the palette"):
        assert client.get("/palette/", {"q": typed}).status_code == 200


def test_any_words_are_safe(client: Client, session: Session, ben: Person) -> None:
    for typed in ("\x00\x00", "NEAR(", '"', "%' OR 1=1", "<b>", "is:purple", "x" * 5000):
        assert "<b>" not in offered(client, ben, typed)


def test_every_key_of_a_button_is_in_the_list() -> None:
    written = []
    for path in (ROOT / "templates").rglob("*.html"):
        written += re.findall(r'\{% shortcut "?(\w[\w-]*)"?', path.read_text())
    used = set(written) - {"key"}
    assert used <= set(BY_NAME)
    assert {key.name for key in ACTIONS} <= used | {"lead", "resolve"}


def test_a_key_has_one_meaning_in_a_conversation() -> None:
    shortcuts = [key.shortcut.lower() for group in GROUPS for key in group.keys if key.shortcut]
    assert len(shortcuts) == len(set(shortcuts))


def test_titles_tell_the_keys(client: Client, session: Session, ben: Person) -> None:
    client.force_login(ben)
    page = flat(client.get(f"/open/{session.session_id}/").content.decode())
    assert 'aria-keyshortcuts="c" title="Resolve (C)"' in page
    assert 'title="Snooze (Z)"' in page
    assert "Go to or do anything" in page
