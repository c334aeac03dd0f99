"""The list: which sessions a view shows, in which order, page by page, and at what price."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kern.testing import call
from sessions_app.actions import messages, sessions, tickets
from sessions_app.models import Person, Queue, Session
from sessions_app.queries.counting import capped_counts
from sessions_app.queries.session_list import PAGE
from sessions_app.templatetags.inbox import count
from tests import desk as shop


def names(page: str) -> list[str]:
    """What the rows of a page are called, from top to bottom."""
    return [unescape(name) for name in re.findall(r'class="name cut[^>]*>\s*([^<]+?)\s*</a>', page)]


def read(client: Client, path: str, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def inbox(client: Client, ben: Person) -> Client:
    """Ben's browser."""
    client.force_login(ben)
    return client


def conversation(queue: Queue, name: str, minutes: int = 0, **fields: object) -> Session:
    """A named session that moved so many minutes ago."""
    at = timezone.now() - timedelta(minutes=minutes)
    return Session.objects.create(queue=queue, name=name, activity_at=at, customer_name=f"{name}'s customer", **fields)


def test_the_first_page_is_what_waits_for_a_decision(
    inbox: Client, session: Session, orders: Queue, work: Callable[[], list[str]]
) -> None:
    conversation(orders, "Nothing to decide")
    shop.actor.says(call("refund", order="7", cents=500))
    messages.receive(session, "Money back, please")
    work()
    assert inbox.get("/").headers["Location"] == "/decisions/"
    page = read(inbox, "/decisions/")
    assert names(page) == ["Money back, please"]
    assert "<code>refund</code>" in page
    messages.receive(session, "No wait")
    assert "Customer wrote since" in read(inbox, "/decisions/")


def test_each_view_shows_its_sessions(inbox: Client, ben: Person, ana: Person, orders: Queue) -> None:
    conversation(orders, "Mine", assignee=ben)
    conversation(orders, "Ana's", minutes=1, assignee=ana)
    conversation(orders, "Nobody's", minutes=2)
    conversation(orders, "Asleep", status="snoozed")
    conversation(orders, "Done", status="closed")
    shown = {view: names(read(inbox, f"/{view}/")) for view in ("mine", "unassigned", "open", "snoozed", "closed")}
    assert shown == {
        "mine": ["Mine"],
        "unassigned": ["Nobody's"],
        "open": ["Mine", "Ana's", "Nobody's"],
        "snoozed": ["Asleep"],
        "closed": ["Done"],
    }
    assert names(read(inbox, "/queues/orders/")) == ["Mine", "Ana's", "Nobody's"]
    assert inbox.get("/queues/nothing/").status_code == 404


def test_pages_by_key_show_every_session_once_in_both_orders(inbox: Client, orders: Queue) -> None:
    same = timezone.now()
    wanted = [f"number {number:03}" for number in range(2 * PAGE + 5)]
    for number, name in enumerate(wanted):
        # Many moved in the same moment: the key decides between them.
        Session.objects.create(queue=orders, name=name, activity_at=same - timedelta(minutes=number // 10))
    for sort in ("newest", "oldest"):
        seen: list[str] = []
        before = ""
        while len(seen) < 200:
            page = read(inbox, "/list/open/", sort=sort, before=before)
            seen += names(page)
            found = re.search(r"before=([^\"&]+)\"", page)
            if not found:
                break
            before = found[1].replace("%3A", ":").replace("%2B", "+").replace("%7E", "~")
        assert len(seen) == len(set(seen))
        assert sorted(seen) == wanted


def test_a_refresh_of_a_scrolled_list_keeps_what_was_loaded(inbox: Client, orders: Queue) -> None:
    for number in range(2 * PAGE):
        conversation(orders, f"number {number}", minutes=number)
    first = read(inbox, "/list/open/")
    before = re.search(r'name="until" value="([^"]+)"', first)
    assert before
    second = read(inbox, "/list/open/", before=before[1])
    until = re.search(r'name="until" value="([^"]+)"', second)
    assert until
    conversation(orders, "brand new")
    refreshed = names(read(inbox, "/list/open/", until=until[1]))
    assert refreshed == ["brand new", *(f"number {number}" for number in range(2 * PAGE))]


def test_filters_and_search_narrow_the_list(inbox: Client, ben: Person, orders: Queue) -> None:
    wanted = conversation(orders, "", user_id="lee", customer_email="lee@mail.example")
    messages.note(wanted, ben, "A broken vase")
    conversation(orders, "Other", last_change=1, name_source="human")
    tickets.link(wanted, ben, "HD-4711")
    for query in ("vase", "lee@mail", "HD-4711", "broken a", wanted.session_id):
        assert names(read(inbox, "/search/", q=query)) == ["HD-4711"], query
    assert names(read(inbox, "/search/", q="nothing like it")) == []
    assert names(read(inbox, "/open/", unnamed="1")) == ["HD-4711"]
    wanted.refresh_from_db()
    sessions.mark_read(wanted, ben)
    assert names(read(inbox, "/open/", unread="1")) == ["Other"]
    assert "No conversation here has" in read(inbox, "/open/", q="%_\\")


def test_addresses_that_somebody_broke_are_no_errors(inbox: Client, orders: Queue) -> None:
    conversation(orders, "There")
    for query in ({"before": "x"}, {"before": "2026-99-99T00:00:00+00:00~1"}, {"sort": "x"}, {"until": "~"}, {"q": "\x00"}):
        assert names(read(inbox, "/open/", **query)) == ["There"]


def test_a_list_takes_eight_queries_however_long_it_is(inbox: Client, orders: Queue) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            read(inbox, "/open/")
        return sum(not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for query in captured)

    conversation(orders, "one")
    few = queries()
    for number in range(PAGE):
        tickets.link(conversation(orders, f"number {number}"), Person.objects.get(), f"HD-{number}")
    assert queries() == few <= 8


def test_counts_stop_at_a_thousand(orders: Queue) -> None:
    Session.objects.bulk_create(Session(queue=orders) for _ in range(1_100))
    counts = capped_counts([Session.objects.open(), Session.objects.closed(), Session.objects.none()])
    assert counts == [1_001, 0, 0]
    assert [count(number) for number in (0, 999, 1_000, 1_001)] == ["", "999", "1,000", "1,000+"]


def test_what_customers_write_never_becomes_markup(inbox: Client, orders: Queue) -> None:
    conversation(orders, "<script>alert(1)</script>", last_text='"><img src=x onerror=alert(1)>')
    page = read(inbox, "/open/")
    assert "<script>alert" not in page
    assert "<img" not in page


def test_while_the_database_is_away_people_are_asked_to_come_back(client: Client, database_away: None) -> None:
    client.cookies["sessionid"] = "somebody"
    looked = client.get("/open/?queue=orders")
    assert (looked.status_code, looked["Retry-After"]) == (503, "60")
    assert '<a class="btn" href="/open/?queue=orders">Try again</a>' in looked.content.decode()
    sent = client.post("/requirements/1/decision/", {"answer": "approve", "seen": 1})
    assert sent.status_code == 503
    assert "look whether it arrived" in sent.content.decode()
    assert client.get("/health/live/").status_code == 200
