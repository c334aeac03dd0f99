"""What was done to a conversation can be undone, from pages with scripts and without."""

from __future__ import annotations

import pytest
from django.test import Client

from sessions_app.actions import sessions
from sessions_app.models import Change, Person, Queue, Session
from tests.sessions_app.html import flat

HTMX = {"HX-Request": "true"}


@pytest.fixture
def inbox(client: Client, ben: Person) -> Client:
    """Ben's browser."""
    client.force_login(ben)
    return client


@pytest.fixture
def three(orders: Queue) -> list[Session]:
    """Three conversations, in the order of the list."""
    found = [sessions.start_session(orders, customer_name=name) for name in ("Lee", "Mo", "Noor")]
    return found[::-1]


def status_of(session: Session, do: str = "resolve") -> tuple[str, dict[str, str]]:
    return f"/sessions/{session.session_id}/status/", {"do": do, "until": "reply"}


def newest() -> int:
    return Change.objects.latest("pk").pk


def post(inbox: Client, session: Session, do: str, page: str) -> str:
    """Send a plain form of that page; returns where it leads."""
    address, sent = status_of(session, do)
    answer = inbox.post(address, sent, headers={"Referer": f"http://testserver{page}"})
    assert answer.status_code == 303
    return str(answer["Location"])


def test_the_page_that_follows_offers_to_undo(inbox: Client, three: list[Session]) -> None:
    place = post(inbox, three[0], "resolve", f"/open/{three[0].session_id}/")
    page = flat(inbox.get(place))
    assert "<b>Resolved</b>" in page
    assert f'action="/sessions/{three[0].session_id}/undo/"' in page
    undone = inbox.post(f"/sessions/{three[0].session_id}/undo/", {"change": str(newest())})
    assert undone.status_code == 303
    assert undone["Location"] == f"/open/{three[0].session_id}/"
    assert Session.objects.get(pk=three[0].pk).status == "open"
    # What is undone is offered no more by a page that is loaded again: the server would refuse it.
    assert inbox.post(f"/sessions/{three[0].session_id}/undo/", {"change": place.rpartition("=")[2]}).status_code == 422


def test_a_page_with_scripts_gets_a_toast(inbox: Client, session: Session) -> None:
    for do, said in (("resolve", "Resolved"), ("snooze", "Snoozed until the customer writes"), ("spam", "Marked as spam")):
        address, sent = status_of(session, do)
        answer = inbox.post(address, sent, headers=HTMX)
        assert '<hx-partial hx-target="#toasts" hx-swap="beforeend">' in flat(answer)
        assert f"<b>{said}</b>" in flat(answer)
        assert (answer["HX-Reswap"], "list-changed" in answer["HX-Trigger"]) == ("none", True)
        undone = inbox.post(f"/sessions/{session.session_id}/undo/", {"change": str(newest())}, headers=HTMX)
        assert "<b>Undone</b>" in flat(undone)
        assert Session.objects.get(pk=session.pk).status == "open"


def test_assigning_labels_priority_and_moving_are_undone_from_the_page(
    inbox: Client, session: Session, ben: Person, parcels: Queue
) -> None:
    parcels.members.add(ben)
    for address, sent, said in (
        ("assignee", {"assignee": str(ben.pk)}, "Assigned to Ben"),
        ("assignee", {"assignee": ""}, "Assigned to nobody"),
        ("labels", {"label": "VIP"}, "Label added: VIP"),
        ("priority", {"priority": "urgent"}, "Priority: Urgent"),
        ("queue", {"queue": "parcels"}, "Moved to"),
    ):
        before = Session.objects.get(pk=session.pk)
        assert said in flat(inbox.post(f"/sessions/{session.session_id}/{address}/", sent, headers=HTMX))
        inbox.post(f"/sessions/{session.session_id}/undo/", {"change": str(newest())})
        after = Session.objects.get(pk=session.pk)
        assert (after.assignee, after.queue, after.priority) == (before.assignee, before.queue, before.priority)
        assert not after.labels.exists()
        if address == "assignee":
            inbox.post(f"/sessions/{session.session_id}/{address}/", sent)


def test_a_mark_as_unread_is_undone(inbox: Client, session: Session, ben: Person) -> None:
    sessions.mark_read(session, ben)
    address = f"/sessions/{session.session_id}/status/?where=open"
    place = inbox.post(address, {"do": "unread"})["Location"]
    assert "<b>Marked as unread</b>" in flat(inbox.get(place))
    what = place.rpartition("=")[2]
    assert inbox.post(f"/sessions/{session.session_id}/undo/", {"change": what}).status_code == 303
    assert 'class="unread-dot"' not in flat(inbox.get("/open/"))


def test_nothing_is_offered_for_what_others_did_or_what_is_not_seen(
    client: Client, inbox: Client, session: Session, ana: Person, cy: Person
) -> None:
    sessions.resolve(session, ana)
    assert "<b>Resolved</b>" not in flat(inbox.get(f"/open/?did={newest()}"))
    sessions.reopen(session, ana)
    client.force_login(cy)
    for what in (newest(), f"unread-{session.pk}", "unread-", "x", "9" * 30, "-1"):
        assert client.get(f"/open/?did={what}").status_code == 200
        assert f"/sessions/{session.session_id}/undo/" not in flat(client.get(f"/open/?did={what}"))
    assert client.post(f"/sessions/{session.session_id}/undo/", {"change": str(newest())}).status_code == 404
