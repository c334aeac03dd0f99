"""One limit and one count for text at every door; nothing is cut, and what comes back is what was typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client

from kern.testing import call
from sessions_app.actions import messages
from sessions_app.models import ApiToken, Message, Person, Queue, Requirement, Session
from sessions_app.validation.text import LONGEST_TEXT, trimmed
from tests.desk import actor
from tests.programs import Response

HTMX = {"HX-Request": "true"}
Send = Callable[[str], Response | HttpResponse]
#: As long as may be, in lines of nine letters and a line end; browsers send the line end as two characters.
FITTING = ("123456789\n" * (LONGEST_TEXT // 10))[:-1] + "x"
TOO_LONG = f"{FITTING}y"


@pytest.fixture(autouse=True)
def nobody_was_here() -> None:
    cache.clear()


@pytest.fixture
def ask(asked: Callable[..., Requirement]) -> Requirement:
    return asked(call("refund", order="7", cents=500))


@pytest.fixture
def doors(client: Client, ana: Person, orders: Queue, session: Session, ask: Requirement, tmp_path: Path) -> dict[str, Send]:
    """Every place where a text comes in, by name."""
    client.force_login(ana)
    secret = ApiToken.make("ana's script", ana)[1]

    def compose(kind: str) -> Send:
        return lambda text: client.post(
            f"/sessions/{session.session_id}/messages/",
            {"seen": 10**9, "kind": kind, "body": text},
            headers=HTMX,
        )

    def decide(answer: str, field: str) -> Send:
        return lambda text: client.post(
            f"/requirements/{ask.pk}/decision/", {"seen": 10**9, "answer": answer, field: text}, headers=HTMX
        )

    def program(path: str, body: Callable[[str], dict[str, Any]]) -> Send:
        return lambda text: client.post(
            f"/api{path}",
            json.dumps(body(text)),
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )

    def load(text: str) -> HttpResponse:
        file = tmp_path / "chats.jsonl"
        file.write_text(json.dumps({"messages": [{"role": "user", "content": text}]}))
        try:
            call_command("import_conversations", str(file), stdout=StringIO(), stderr=(complaints := StringIO()))
        except CommandError:
            return HttpResponse(complaints.getvalue(), status=422)
        return HttpResponse()

    return {
        "customer's first message": lambda text: Client().post("/help/orders/", {"name": "Kim", "message": text}),
        "reply": compose("reply"),
        "note": compose("note"),
        "note of a decision": decide("reject", "note"),
        "answer in a tool's place": decide("respond", "text"),
        "program's message": program(f"/sessions/{session.session_id}/messages", lambda text: {"content": text}),
        "program's decision": program(
            f"/requirements/{ask.requirement_id}/decision",
            lambda text: {"action": "respond", "seen": 10**9, "response": text},
        ),
        "import": load,
    }


DOORS = (
    "customer's first message",
    "reply",
    "note",
    "note of a decision",
    "answer in a tool's place",
    "program's message",
    "program's decision",
    "import",
)


@pytest.mark.parametrize("door", DOORS)
def test_the_longest_text_comes_in_whole_however_its_line_ends_are_written(doors: dict[str, Send], door: str) -> None:
    assert doors[door](FITTING.replace("\n", "\r\n")).status_code < 400
    decided = Requirement.objects.get()
    answers = decided.answer.values() if isinstance(decided.answer, dict) else []
    assert FITTING in [*Message.objects.values_list("content", flat=True), decided.note, *answers]


@pytest.mark.parametrize("door", DOORS)
def test_one_character_more_is_refused_with_the_numbers(doors: dict[str, Send], door: str) -> None:
    before = Message.objects.count()
    refused = doors[door](TOO_LONG.replace("\n", "\r\n"))
    assert refused.status_code == 422
    told = refused.content.decode()
    assert "100,001" in told
    assert "100,000" in told
    assert Message.objects.count() == before
    assert Requirement.objects.get().status == "pending"


@pytest.mark.parametrize("door", ["customer's first message", "reply", "note", "note of a decision"])
def test_what_is_too_long_stands_whole_in_the_box_again(doors: dict[str, Send], door: str) -> None:
    typed = "Zürich 😀 <b>\n    indented\n" * 5_000
    page = doors[door](typed.replace("\n", "\r\n")).content.decode()
    assert typed.rstrip() in unescape(page).replace("\r\n", "\n")
    assert "maxlength" not in page[page.index("<textarea") : page.index("</textarea>")]


def test_edited_arguments_have_the_same_limit(client: Client, ana: Person, ask: Requirement) -> None:
    client.force_login(ana)
    sent = {"seen": 10**9, "answer": "edit", "arg.order": TOO_LONG, "arg.cents": "500"}
    refused = client.post(f"/requirements/{ask.pk}/decision/", sent, headers=HTMX)
    assert refused.status_code == 422
    assert "100,001" in refused.content.decode()


def test_a_text_keeps_the_indentation_of_its_first_line_and_a_single_line_needs_none() -> None:
    assert trimmed("\r\n \r\n    at run\r\n  at main \r\n\r\n") == "    at run\n  at main"
    assert trimmed("  Hello \r") == "Hello"
    assert trimmed("a\x00b \ud800") == "a\ufffdb ?"
    assert trimmed(" \n\t ") == ""


@pytest.mark.parametrize("door", ["customer's first message", "reply", "note"])
def test_a_character_that_no_database_keeps_stops_nobody(doors: dict[str, Send], door: str) -> None:
    assert doors[door]("my\x00 order").status_code < 400
    assert Message.objects.latest("pk").content == "my\ufffd order"


def test_lists_show_what_was_said_without_marks(
    client: Client, ana: Person, session: Session, work: Callable[[], list[str]]
) -> None:
    actor.says("Your **bag** is [here](https://example.com).")
    messages.receive(session, "Where is my *bag*?")
    session.refresh_from_db()
    assert session.last_text == "Where is my *bag*?"
    work()
    session.refresh_from_db()
    assert session.last_text == "Your bag is here."
    messages.reply(session, ana, "It is **there**.", seen=session.last_change)
    session.refresh_from_db()
    assert session.last_text == "It is there."
