"""Resolving and snoozing lead on as their person wants: to the next one of the list, to the list, or nowhere."""

from __future__ import annotations

import pytest
from django.test import Client

from sessions_app.actions import sessions
from sessions_app.models import Person, Queue, Session
from tests.sessions_app.html import flat

HTMX = {"HX-Request": "true"}


@pytest.fixture
def inbox(client: Client, ben: Person) -> Client:
    """Ben's browser; Ben wants the next one."""
    client.force_login(ben)
    client.post("/profile/", {"onwards": "next"})
    return client


@pytest.fixture
def three(orders: Queue) -> list[Session]:
    """Three conversations, in the order of the list."""
    found = [sessions.start_session(orders, customer_name=name) for name in ("Lee", "Mo", "Noor")]
    return found[::-1]


def post(inbox: Client, session: Session, do: str, page: str) -> str:
    """Send a plain form of that page; returns where it leads."""
    sent = {"do": do, "until": "reply"}
    answer = inbox.post(f"/sessions/{session.session_id}/status/", sent, headers={"Referer": f"http://testserver{page}"})
    assert answer.status_code == 303
    return str(answer["Location"]).removeprefix("http://testserver")


@pytest.mark.parametrize("do", ["resolve", "snooze"])
def test_a_plain_form_leads_to_the_next_of_its_list(inbox: Client, three: list[Session], do: str) -> None:
    first, second, third = three
    assert post(inbox, first, do, f"/open/{first.session_id}/").startswith(f"/open/{second.session_id}/?did=")
    from_the_end = post(inbox, third, do, f"/open/{third.session_id}/?details=1")
    assert from_the_end.startswith(f"/open/{second.session_id}/?did=")
    assert post(inbox, second, do, f"/open/{second.session_id}/").startswith("/open/?did=")


def test_the_next_one_is_the_next_of_the_filtered_list(inbox: Client, three: list[Session], ben: Person) -> None:
    first, second, third = three
    sessions.mark_read(second, ben)
    place = post(inbox, first, "resolve", f"/open/{first.session_id}/?unread=1")
    assert place.startswith(f"/open/{third.session_id}/?unread=1&did=")


@pytest.mark.parametrize("page", ["/labels/77/", "/reports/", "/decisions/", "/nowhere/"])
def test_from_other_pages_it_leads_to_one_that_is_there(inbox: Client, three: list[Session], page: str) -> None:
    assert inbox.get(post(inbox, three[0], "resolve", page)).status_code == 200


@pytest.mark.parametrize(("wish", "leads_to_list"), [("stay", False), ("list", True)])
def test_a_person_may_stay_or_go_back_to_the_list(inbox: Client, three: list[Session], wish: str, leads_to_list: bool) -> None:
    assert inbox.post("/profile/", {"onwards": wish}).status_code == 303
    assert f'<option value="{wish}" selected>' in flat(inbox.get("/profile/"))
    page = f"/open/{three[0].session_id}/"
    assert post(inbox, three[0], "resolve", page).startswith("/open/?did=" if leads_to_list else f"{page}?did=")
    assert inbox.post("/profile/", {"onwards": "nowhere"}).status_code == 422


def test_a_page_with_scripts_is_told_where_to_go(inbox: Client, three: list[Session]) -> None:
    page = {"Referer": f"http://testserver/mine/{three[0].session_id}/?unread=1&details=1"}
    address = f"/sessions/{three[0].session_id}/status/"
    toast = flat(inbox.post(address, {"do": "resolve"}, headers={**HTMX, **page}))
    assert 'data-then="next"' in toast
    assert 'href="/mine/?unread=1"' in toast
    inbox.post("/profile/", {"onwards": "stay"})
    assert "data-then" not in flat(inbox.post(f"/sessions/{three[1].session_id}/status/", {"do": "resolve"}, headers=HTMX))
