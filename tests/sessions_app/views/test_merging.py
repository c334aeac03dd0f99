"""The page on which two conversations are merged: found from tickets and details, compared, merged, undone."""

from __future__ import annotations

import pytest
from django.test import Client

from sessions_app.actions import messages, names, sessions, tickets
from sessions_app.models import Merge, Person, Queue, Session
from tests.counting import at_most
from tests.sessions_app.html import flat


@pytest.fixture
def browser(client: Client, ben: Person) -> Client:
    client.force_login(ben)
    client.get("/profile/")
    return client


@pytest.fixture
def other(orders: Queue, ben: Person) -> Session:
    session = sessions.start_session(orders, user_id="kim", customer_name="Kim")
    messages.note(session, ben, "A note about the <kettle>")
    return session


def test_the_same_ticket_in_two_conversations_leads_to_merging_them(
    browser: Client, session: Session, other: Session, ben: Person
) -> None:
    for one in (session, other):
        tickets.link(one, ben, "HD-7")
    address = f"/merge/?a={session.session_id}&amp;b={other.session_id}"
    assert address in flat(browser.get("/tickets/", {"kind": "twice"}))
    assert address in flat(browser.get(f"/sessions/{session.session_id}/details/"))


def test_both_are_compared_merged_and_taken_apart_again(browser: Client, session: Session, other: Session, ben: Person) -> None:
    names.rename(other, ben, "The <kettle>")
    both = {"a": session.session_id, "b": other.session_id}
    with at_most(12, "comparing"):
        page = flat(browser.get("/merge/", both))
    assert "The &lt;kettle&gt;" in page
    merged = browser.post("/merge/", {**both, "keep": "a", "name": "b"})
    assert merged.headers["Location"] == f"/open/{session.session_id}/?details=1"
    page = flat(browser.get(merged.headers["Location"]))
    assert "was merged into this. It can be undone until" in page
    assert "merged “The &lt;kettle&gt;” into this" in page
    undone = browser.post(f"/merges/{Merge.objects.get().pk}/undo/")
    assert undone.headers["Location"] == f"/open/{other.session_id}/"
    assert "A note about the" in flat(browser.get(undone.headers["Location"]))


def test_b_may_be_the_one_that_is_kept(browser: Client, session: Session, other: Session) -> None:
    browser.post("/merge/", {"a": session.session_id, "b": other.session_id, "keep": "b"})
    session.refresh_from_db()
    assert session.merged_into == other


def test_what_cannot_be_merged_is_said_beside_it(browser: Client, session: Session, other: Session) -> None:
    messages.receive(session, "Hello")
    before = flat(browser.get("/merge/", {"a": session.session_id, "b": other.session_id}))
    assert "Wait until its turn has ended" in before
    answer = browser.post("/merge/", {"a": session.session_id, "b": other.session_id})
    assert (answer.status_code, "Wait until its turn has ended" in flat(answer)) == (422, True)
    for wrong in ("nowhere", session.session_id, "\x00"):
        page = flat(browser.get("/merge/", {"a": session.session_id, "b": wrong}))
        assert "There is no other conversation of this id" in page


def test_conversations_of_the_same_customer_are_offered(browser: Client, session: Session, other: Session) -> None:
    page = flat(browser.get("/merge/", {"a": session.session_id}))
    assert f"b={other.session_id}" in page


def test_people_merge_only_what_they_see(client: Client, cy: Person, session: Session, other: Session) -> None:
    client.force_login(cy)
    assert client.post("/merge/", {"a": session.session_id, "b": other.session_id}).status_code == 422
    assert not Merge.objects.exists()
