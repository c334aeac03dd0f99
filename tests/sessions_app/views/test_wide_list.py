"""The wide form of the list: a table with a person's columns."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from sessions_app.actions import labels, messages, priorities, sessions
from sessions_app.models import Person, Queue, Session
from sessions_app.models.triage import Priority
from sessions_app.queries.session_list import PAGE
from tests.sessions_app.html import flat


@pytest.fixture
def wide(client: Client, ben: Person) -> Client:
    """Ben, who has his list wide."""
    client.force_login(ben)
    answer = client.post("/list/form/", {"form": "wide"}, headers={"Referer": "http://testserver/open/?sort=oldest"})
    assert answer["Location"] == "/open/?sort=oldest"
    return client


def shown(client: Client, path: str = "/open/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return flat(answer.content.decode())


def headings(page: str) -> list[str]:
    return [re.sub("<[^>]+>", "", cell).strip() for cell in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page)]


def test_rows_stand_in_a_table_with_the_persons_columns(wide: Client, session: Session) -> None:
    messages.receive(session, "Where is it?")
    page = shown(wide)
    assert headings(page) == [
        *("Name", "Customer", "Waits for", "Since", "Queue", "Labels", "Assignee", "Priority", "Ticket", "Last words")
    ]
    assert f'<tr class="row unread" id="session_{session.pk}"' in page
    wide.post("/list/form/", {"form": "wide", "columns": "1", "column": ["customer", "ticket", "no such column"]})
    assert headings(shown(wide)) == ["Name", "Customer", "Ticket"]
    wide.post("/list/form/", {"form": "wide", "columns": "1"})
    assert len(headings(shown(wide))) == 10, "a table without columns would be of no use"


def test_it_is_narrow_beside_a_conversation_for_others_and_for_decisions(wide: Client, session: Session, ana: Person) -> None:
    assert "wide-table" not in shown(wide, f"/open/{session.session_id}/")
    assert "wide-table" not in shown(wide, f"/list/open/?open={session.session_id}")
    assert "wide-table" not in shown(wide, "/decisions/")
    assert "wide-table" in shown(wide, "/list/open/?open=")
    wide.post("/list/form/", {"form": "narrow"})
    assert "wide-table" not in shown(wide)
    wide.force_login(ana)
    assert "wide-table" not in shown(wide)


def test_the_heading_sorts(wide: Client, session: Session) -> None:
    assert 'aria-sort="descending"' in shown(wide)
    page = shown(wide, "/open/?sort=oldest")
    assert 'aria-sort="ascending"' in page
    assert 'title="Sort by: Newest first"' in page
    assert 'title="Sort by: Priority"' in page
    page = shown(wide, "/open/?sort=priority")
    assert page.count("aria-sort=") == 1
    assert 'class="c-pri" aria-sort="descending"' in page
    assert 'title="Sort by: Newest first"' in page
    assert 'title="Sort by: Longest wait"' in shown(wide, "/open/?sort=newest")


def test_labels_and_priority_stand_in_their_columns(wide: Client, session: Session, ana: Person, ben: Person) -> None:
    assert '<span class="muted">Normal</span>' in shown(wide)
    labels.add(session, ben, labels.make(ana, "<b>VIP</b>", "teal"))
    priorities.set_priority(session, ben, Priority.URGENT)
    page = shown(wide)
    assert '<span class="dot teal" aria-hidden="true"></span><bdi>&lt;b&gt;VIP&lt;/b&gt;</bdi>' in page
    assert '<p class="pri" data-level="urgent">' in page
    wide.post("/list/form/", {"form": "wide", "columns": "1", "column": ["queue"]})
    assert "VIP" not in shown(wide).split("<table")[1].split("</table")[0]


def test_pages_go_on_below(wide: Client, orders: Queue) -> None:
    for number in range(PAGE + 1):
        sessions.start_session(orders, customer_name=f"Customer {number}")
    first = shown(wide)
    assert first.count('<tr class="row') == PAGE
    cursor = re.search(r"before=([^\"&]+)\">Older", first)
    assert cursor
    more = shown(wide, f"/list/open/?before={cursor[1]}&open=")
    assert more.count('<tr class="row') == 1
    assert "<table" not in more
    assert "Older" not in more
