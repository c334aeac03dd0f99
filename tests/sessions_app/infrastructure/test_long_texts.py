"""Texts of megabytes: pages show their beginning, all of it can be opened, and nothing of it stays in memory."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from sessions_app.actions import messages, sessions
from sessions_app.api.pages import LARGEST_PAGE
from sessions_app.infrastructure.bounded_cache import Remembered
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.models import ApiToken, Message, Person, Queue, Run, Session, ToolCall
from sessions_app.text.formatting import SHOWN, markdown_html
from tests.programs import Program

LONG = "**bold** words and more of them\n\n" * 40_000


@pytest.fixture
def answered(session: Session) -> Run:
    """A turn with a long answer, long thoughts, and long arguments and results of tools."""
    run = Run.objects.create(session=session, status="completed", agent_name="Desk", content=LONG)
    calls = [{"id": "c1", "name": "look", "arguments": "{}"}, {"id": "c2", "name": "look", "arguments": "{}"}]
    said = {"session": session, "run": run, "role": "assistant", "author_kind": "agent"}
    Message.objects.create(**said, tool_calls=calls, reasoning="so " * SHOWN)
    ToolCall.objects.create(
        run=run, call_id="c1", tool_name="look", arguments={"a": "y" * SHOWN}, status="finished", result="r" * 10**6
    )
    tool = {**said, "role": "tool", "author_kind": "system", "tool_name": "look"}
    Message.objects.create(**tool, tool_call_id="c1", content="r" * 10**6)
    Message.objects.create(**tool, tool_call_id="c2", content="imported " * 10**5)
    Message.objects.create(**said, content=LONG)
    return run


def test_a_page_shows_the_beginning_of_a_long_text_and_leads_to_all_of_it(client: Client, ana: Person, answered: Run) -> None:
    client.force_login(ana)
    opened = client.get(f"/open/{answered.session.session_id}/")
    page = opened.content.decode()
    assert (opened.status_code, len(page) < 12 * SHOWN) == (200, True)
    assert "<strong>bold</strong> words" in page
    assert "Show all 1,320,000 characters" in page
    for message, all_of_it in (
        (Message.objects.order_by("pk").last(), LONG),
        (Message.objects.get(tool_call_id="c2"), "imported " * 10**5),
    ):
        address = f"/messages/{message.pk}/text/"
        assert address in page
        whole = client.get(address)
        assert (whole["Content-Type"], whole.content.decode()) == ("text/plain; charset=utf-8", all_of_it)
        assert (whole["X-Content-Type-Options"], whole["Cache-Control"]) == ("nosniff", "no-store")
    thought = client.get(f"/messages/{Message.objects.order_by('pk')[0].pk}/thought/")
    assert thought.content.decode() == "so " * SHOWN
    [line] = ToolCall.objects.all()
    assert f"/calls/{line.pk}/text/" in page
    called = client.get(f"/calls/{line.pk}/text/").content.decode()
    assert called.startswith('look\n\n{\n "a": "yyy')
    assert called.endswith("r" * 10**6)


def test_a_text_that_fits_has_no_link_to_all_of_it(client: Client, ana: Person, session: Session) -> None:
    messages.receive(session, "x" * SHOWN)
    client.force_login(ana)
    assert "Show all" not in client.get(f"/open/{session.session_id}/").content.decode()


def test_customers_can_read_all_of_a_long_answer_and_nothing_else(client: Client, answered: Run) -> None:
    session = answered.session
    session.access_hash = secret_hash("secret")
    session.save()
    page = client.get("/c/secret/").content.decode()
    sent = Message.objects.order_by("pk").last()
    assert f"/c/secret/messages/{sent.pk}/" in page
    assert client.get(f"/c/secret/messages/{sent.pk}/").content.decode() == LONG
    for hidden in Message.objects.exclude(pk=sent.pk):
        assert client.get(f"/c/secret/messages/{hidden.pk}/").status_code == 404
    assert client.get(f"/c/another/messages/{sent.pk}/").status_code == 404


@pytest.mark.parametrize("noun", ["messages", "calls"])
def test_outsiders_read_none_of_it(client: Client, cy: Person, answered: Run, noun: str) -> None:
    client.force_login(cy)
    rows = Message.objects.all() if noun == "messages" else ToolCall.objects.all()
    for row in rows:
        assert client.get(f"/{noun}/{row.pk}/text/").status_code == 404
        assert client.get(f"/{noun}/{row.pk}/thought/").status_code == 404


def test_a_page_of_the_api_is_bounded_and_nothing_is_left_out(ana: Person, session: Session) -> None:
    program = Program(ApiToken.make("limits", ana)[1])
    for number in range(5):
        run = Run.objects.create(session=session, status="completed")
        Message.objects.create(session=session, run=run, role="tool", content=str(number) * 1_500_000)
        ToolCall.objects.create(run=run, call_id="c", tool_name="look", status="finished", result=str(number) * 1_500_000)
    huge = Message.objects.create(session=session, role="tool", content="h" * (LARGEST_PAGE + 1))
    for noun, expected in (("messages", [2, 2, 1, 1]), ("runs", [2, 2, 1])):
        found, cursor = [], ""
        while cursor is not None:
            answer = program.get(f"/sessions/{session.session_id}/{noun}", cursor=cursor).json()
            found.append(len(answer["items"]))
            cursor = answer["next"]
        assert found == expected
    assert huge.length > LARGEST_PAGE


def test_what_is_remembered_is_bounded_in_bytes(hungry: Callable[[str], str]) -> None:
    cache = Remembered(hungry, 1_000_000)
    for number in range(2_000):
        assert cache(str(number)) == str(number) * 1_000
        assert cache.size <= 1_000_000
    assert cache("1999") == "1999" * 1_000
    before = cache.size
    assert len(cache("x" * 20)) == 20_000
    assert cache.size == before, "what takes more than a hundredth of the room is not kept"


@pytest.fixture
def hungry() -> Callable[[str], str]:
    return lambda text: text * 1_000


def test_short_words_are_made_into_html_once() -> None:
    assert markdown_html("Said **once**.") is markdown_html("Said **once**.")


@pytest.fixture
def session(orders: Queue) -> Session:
    return sessions.start_session(orders, customer_name="Kim")
