"""Who said what last in a conversation, and since when its customer waits for an answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kern.agent import Agent
from kern.errors import ModelError
from kern.testing import ScriptedModel, call
from sessions_app.actions import decisions, handover, messages, sessions
from sessions_app.models import Person, Queue, Session
from sessions_app.queries.session_list import PAGE
from sessions_app.store import DjangoDb
from sessions_app.workers import turns as turns_workers
from tests.desk import actor

Work = Callable[[], list[str]]


def line(session: Session) -> tuple[str, str, str]:
    row = Session.objects.get(pk=session.pk)
    return row.last_author_kind, row.last_author, row.last_text


def since(session: Session) -> datetime | None:
    return Session.objects.get(pk=session.pk).waiting_since


def asked(session: Session, number: int) -> datetime:
    """When the customer's message of this number came."""
    return list(session.messages.filter(author_kind="customer").order_by("pk"))[number].created_at


def shown(client: Client, person: Person, path: str = "/open/", **query: str) -> list[str]:
    """Each row's line, as the person reads it."""
    client.force_login(person)
    page = client.get(path, query).content.decode()
    lines = re.findall(r'<p class="text said cut">(.*?)</p>', page, re.DOTALL)
    return [" ".join(unescape(re.sub("<[^>]+>", "", text)).split()) for text in lines]


def test_the_line_says_who_said_it(client: Client, session: Session, ana: Person, ben: Person, work: Work) -> None:
    messages.receive(session, "Where is my parcel?")
    assert shown(client, ana) == ["Kim · Where is my parcel?"]
    actor.says("It is on its way.")
    assert work() == ["completed"]
    assert shown(client, ana) == ["Kim Clerk: It is on its way."]
    messages.reply(session, ben, "It comes today.", seen=Session.objects.get(pk=session.pk).last_change)
    messages.note(session, ana, "She is a friend of mine")
    messages.note(session, ben, "So what")
    assert shown(client, ana) == ["Kim Ben: It comes today."]
    assert shown(client, ben) == ["Kim You: It comes today."]
    assert line(session) == ("person", "Ben", "It comes today.")


def test_a_customer_waits_since_the_first_message_that_nobody_answered(session: Session, ben: Person, work: Work) -> None:
    assert since(session) is None
    messages.receive(session, "Where is my parcel?")
    first = since(session)
    messages.receive(session, "Hello?")
    assert since(session) == first
    assert first is not None
    actor.says("It is on its way.", "Hello!")
    assert work() == ["completed", "completed"]
    assert since(session) is None
    messages.receive(session, "And when does it come?")
    messages.note(session, ben, "Tomorrow, I think")
    assert since(session) is not None
    messages.reply(session, ben, "Tomorrow.", seen=Session.objects.get(pk=session.pk).last_change)
    assert since(session) is None


def test_what_fails_or_waits_for_people_is_no_answer(session: Session, ben: Person, work: Work) -> None:
    Queue.objects.update(hands_over_failures=False)
    actor.says(ModelError("away", permanent=True))
    messages.receive(session, "Where is my parcel?")
    first = since(session)
    assert work() == ["error"]
    assert since(session) == first is not None
    actor.says(call("refund", order="7", cents=500), "You get it back.")
    messages.receive(session, "Then I want my money back")
    assert work()[-1] == "paused"
    assert since(session) == first
    requirement = session.requirements.pending().get()
    decisions.approve(requirement, ben, seen=Session.objects.get(pk=session.pk).last_change)
    assert work()[-1] == "completed"
    assert since(session) is None


def test_what_comes_while_an_agent_answers_waits_on(session: Session, work: Work) -> None:
    def meanwhile(_request: object) -> str:
        messages.receive(session, "Order 8, I mean")
        return "Order 7 is on its way."

    actor.says(meanwhile, "Order 8 is, too.")
    messages.receive(session, "Where is order 7?")
    turns_workers.execute(session.runs.get().run_id)
    assert since(session) == asked(session, 1)
    assert work()[-1] == "completed"
    assert since(session) is None


def test_closing_settles_what_was_asked_until_somebody_opens_it_again(session: Session, ben: Person) -> None:
    handover.set_mode(session, ben, "off")
    messages.receive(session, "Thanks!")
    sessions.snooze(session, ben, timezone.now() + timedelta(days=1))
    assert since(session) is not None
    sessions.resolve(session, ben)
    assert since(session) is None
    sessions.reopen(session, ben)
    assert since(session) == asked(session, 0)
    sessions.resolve(session, ben)
    messages.receive(session, "My next parcel is late")
    assert since(session) is not None
    assert since(session) != asked(session, 0)


def test_a_program_that_answers_through_the_library_is_seen_too(rows: None) -> None:
    agent = Agent(ScriptedModel(["Hello."]), name="Clerk", db=DjangoDb())
    agent.run("Hi", session_id="s", user_id="kim")
    session = Session.objects.get(session_id="s")
    assert (line(session), since(session)) == (("agent", "Clerk", "Hello."), None)


def test_what_was_said_last_can_be_read_anew_from_the_messages(session: Session, ben: Person, work: Work) -> None:
    actor.says("It is on its way.")
    messages.receive(session, "Where is my parcel?")
    work()
    handover.set_mode(session, ben, "off")
    messages.receive(session, "And when does it come?")
    messages.note(session, ben, "Tomorrow")
    Session.objects.filter(pk=session.pk).update(last_author_kind="", last_author="", waiting_since=None)
    Session.objects.get(pk=session.pk).read_last_said()
    assert line(session) == ("customer", "Kim", "And when does it come?")
    assert since(session) == asked(session, 1)


def conversations(queue: Queue, waits: list[int | None]) -> list[str]:
    """Named sessions whose customers have waited so many minutes, or not at all."""
    now = timezone.now()
    return [
        Session.objects.create(
            queue=queue,
            name=f"number {number}",
            waiting_for="customer" if minutes is None else "person",
            waiting_since=None if minutes is None else now - timedelta(minutes=minutes),
            activity_at=now - timedelta(minutes=number),
        ).name
        for number, minutes in enumerate(waits)
    ]


def names(client: Client, path: str, **query: str) -> list[str]:
    page = client.get(path, query).content.decode()
    return [unescape(name) for name in re.findall(r'class="name cut[^>]*>\s*([^<]+?)\s*</a>', page)]


def test_longest_wait_is_ours_and_answered_ones_come_last(client: Client, ben: Person, orders: Queue) -> None:
    conversations(orders, [5, None, 90, None, 5, 2000])
    client.force_login(ben)
    order = [f"number {number}" for number in (5, 2, 0, 4, 1, 3)]
    assert names(client, "/open/", sort="oldest") == order
    page = client.get("/open/", {"sort": "oldest"}).content.decode()
    assert page.count('class="waits"') == 4
    assert page.count(">Not waiting for us<") == 1


@pytest.mark.parametrize("waiting", [0, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 5])
def test_pages_of_the_longest_wait_show_every_session_once(client: Client, ben: Person, orders: Queue, waiting: int) -> None:
    total = 2 * PAGE + 5
    conversations(orders, [100 - number // 7 if number < waiting else None for number in range(total)])
    client.force_login(ben)
    seen: list[str] = []
    before = ""
    for _page in range(4):
        page = client.get("/list/open/", {"sort": "oldest", "before": before}).content.decode()
        seen += [unescape(name) for name in re.findall(r'class="name cut[^>]*>\s*([^<]+?)\s*</a>', page)]
        found = re.search(r"before=([^\"&]+)\"", page)
        if not found:
            break
        before = found[1].replace("%3A", ":").replace("%2B", "+").replace("%7E", "~")
    assert seen == [f"number {number}" for number in range(total)]
    until = re.search(r'name="until" value="([^"]+)"', page)
    assert until
    assert names(client, "/list/open/", sort="oldest", until=until[1]) == seen


def test_the_longest_wait_takes_no_more_queries_and_an_index(client: Client, ben: Person, orders: Queue) -> None:
    conversations(orders, [5, None, 90])
    client.force_login(ben)
    with CaptureQueriesContext(connection) as captured:
        client.get("/open/", {"sort": "oldest"})
    assert sum(not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for query in captured) <= 8
    waiting = Session.objects.open().filter(waiting_since__isnull=False).order_by("waiting_since", "pk")[:PAGE]
    if connection.vendor == "sqlite":
        assert "USING INDEX session_waits " in waiting.explain()
        assert "TEMP B-TREE" not in waiting.explain()
