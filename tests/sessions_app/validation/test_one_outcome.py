"""What becomes of odd characters depends on the kind of the text and never on the door (docs/rules.md, "One outcome")."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from kern.db.base import Claim
from kern.errors import KernError
from kern.records.message import Message as Record
from kern.records.message import ToolCall as Call
from kern.records.run import RunMetrics
from kern.testing import call
from sessions_app.actions import messages, names, private_turns, sessions, tickets
from sessions_app.errors import AppError
from sessions_app.models import ApiToken, Message, NameRecord, Person, Queue, Requirement, Run, Session, TicketLink, ToolCall
from sessions_app.queries.search import matching, words_of
from sessions_app.store import DjangoDb
from tests.desk import actor
from tests.programs import Response

Door = Callable[[str], Any]
HTMX = {"HX-Request": "true"}
#: Above every change: numbers of changes go on from one test to the next.
SEEN = 10**9
#: NUL, half a surrogate pair, an escape, a line separator, an override of direction, and an old line end.
ODD = "a\x00b\ud800c\x1bd\u2028e\u202ef\r\ng"
#: The same once it is stored: what no database keeps is replaced, a line end is one character, all else stays.
STORED = "a\ufffdb?c\x1bd\u2028e\u202ef\ng"
#: A form's bytes have no half pairs: they come as U+FFFD already.
FROM_FORM = STORED.replace("?", "\ufffd\ufffd\ufffd")


@pytest.fixture
def ask(asked: Callable[..., Requirement]) -> Requirement:
    return asked(call("refund", order="7", cents=500))


@pytest.fixture
def people(client: Client, ana: Person) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def program(client: Client, ana: Person) -> Callable[[str, str, dict[str, Any]], Response]:
    headers = {"Authorization": f"Bearer {ApiToken.make('script', ana)[1]}"}

    def send(method: str, path: str, body: dict[str, Any]) -> Response:
        return client.generic(method, f"/api{path}", json.dumps(body), content_type="application/json", headers=headers)

    return send


def form(text: str) -> str:
    """A text as a form carries it: the bytes of UTF-8, read as a program without a browser may send them."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def imported(path: Path, line: dict[str, Any]) -> str:
    """Import one line; the complaints."""
    path.write_text(json.dumps(line))
    try:
        call_command("import_conversations", str(path), stdout=StringIO(), stderr=(complaints := StringIO()))
    except CommandError:
        return complaints.getvalue()
    return complaints.getvalue()


# Words of a conversation: replaced, never refused, never lost ----------------------------------------------------------


@pytest.mark.parametrize("door", ["customer's form", "reply", "note"])
def test_words_typed_into_a_page_are_stored_with_a_mark_where_no_database_keeps_them(
    door: str, people: Client, session: Session, orders: Queue
) -> None:
    doors: dict[str, Door] = {
        "customer's form": lambda text: Client().post("/help/orders/", {"name": "Kim", "message": text}),
        "reply": lambda text: people.post(
            f"/sessions/{session.session_id}/messages/", {"seen": SEEN, "kind": "reply", "body": text}
        ),
        "note": lambda text: people.post(
            f"/sessions/{session.session_id}/messages/", {"seen": SEEN, "kind": "note", "body": text}
        ),
    }
    assert doors[door](form(ODD)).status_code < 400
    assert Message.objects.latest("pk").content == FROM_FORM


@pytest.mark.parametrize("door", ["receive", "reply", "note", "ask", "import"])
def test_words_that_come_as_text_are_stored_the_same(door: str, session: Session, ana: Person, tmp_path: Path) -> None:
    doors: dict[str, Door] = {
        "receive": lambda text: messages.receive(session, text),
        "reply": lambda text: messages.reply(session, ana, text, seen=SEEN),
        "note": lambda text: messages.note(session, ana, text),
        "ask": lambda text: private_turns.ask_agent(session, ana, text),
        "import": lambda text: imported(tmp_path / "line", {"messages": [{"role": "user", "content": text}]}),
    }
    doors[door](ODD)
    assert Message.objects.latest("pk").content == STORED


def test_what_a_model_and_its_tools_say_is_stored_the_same(session: Session, work: Callable[[], list[str]]) -> None:
    odd = ODD.replace("\r\n", "\n")
    actor.says(call("note_order", order=odd), odd)
    messages.receive(session, "Note it.")
    assert work() == ["completed"]
    assert Message.objects.filter(role="assistant").latest("pk").content == STORED
    assert ToolCall.objects.get().arguments["order"] == STORED


def test_both_storages_keep_every_text_of_a_record_alike(session: Session) -> None:
    odd = ODD.replace("\r\n", "\n")
    messages.receive(session, "Hi")
    run, db = Run.objects.get(), DjangoDb()
    claim = Claim(run.run_id, agent_name=odd, model=odd)
    db.claim_run(claim)
    said = Record("assistant", odd, [Call("c", odd, json.dumps({"x": odd}))], run_id=run.run_id, author=odd, reasoning=odd)
    db.store_answer(claim, said, RunMetrics())
    stored = db.load_run(run.run_id).messages[-1]
    assert (stored.content, stored.reasoning, stored.tool_calls[0].name) == (STORED, STORED, STORED)
    assert db.load_run(run.run_id).tools[0].arguments == {"x": STORED}


def test_arguments_that_a_person_edits_are_stored_the_same(people: Client, ask: Requirement) -> None:
    sent = {"seen": SEEN, "answer": "edit", "arg.order": form(ODD), "arg.cents": "500"}
    assert people.post(f"/requirements/{ask.pk}/decision/", sent, headers=HTMX).status_code < 400
    ask.refresh_from_db()
    assert ask.edited_arguments == {"order": FROM_FORM, "cents": 500}


# What a program sends: refused by name, so that it is mended ------------------------------------------------------------


@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b"])
def test_a_program_is_told_and_nothing_is_stored(bad: str, program: Any, session: Session, ask: Requirement) -> None:
    before = Message.objects.count()
    there = f"/sessions/{session.session_id}"
    answers = [
        program("POST", "/sessions", {"queue": "orders", "customer_name": bad}),
        program("POST", f"{there}/messages", {"content": bad}),
        program("POST", f"{there}/replies", {"content": bad}),
        program("POST", f"{there}/notes", {"content": bad}),
        program("PUT", f"{there}/name", {"name": bad}),
        program("POST", f"{there}/tickets", {"ticket_id": bad}),
        program("POST", f"/requirements/{ask.requirement_id}/decision", {"action": "reject", "seen": SEEN, "note": bad}),
        program(
            "POST", f"/requirements/{ask.requirement_id}/decision", {"action": "approve", "seen": SEEN, "arguments": {"x": bad}}
        ),
    ]
    assert {answer.status_code for answer in answers} <= {400, 422}
    assert all("NUL" in answer.content.decode() or "surrogate" in answer.content.decode() for answer in answers)
    assert (Message.objects.count(), Session.objects.count()) == (before, 1)


# Lines (names, addresses, keys): one line or an error ------------------------------------------------------------------

BREAKS = ["a\x00b", "a\ud800b", "a\x1bb", "a\nb", "a\x85b", "a\u2028b"]


@pytest.mark.parametrize("bad", BREAKS)
def test_a_line_with_something_else_in_it_is_refused(bad: str, session: Session, ana: Person, orders: Queue) -> None:
    doors: list[Callable[[], Any]] = [
        lambda: names.rename(session, ana, bad),
        lambda: sessions.start_session(orders, customer_name=bad),
        lambda: sessions.start_session(orders, customer_email=bad),
        lambda: sessions.start_session(orders, user_id=bad),
        lambda: sessions.start_session(orders, session_id=bad),
        lambda: messages.receive(session, "Hi", idempotency_key=bad),
        lambda: tickets.link(session, ana, bad),
    ]
    for door in doors:
        with pytest.raises((AppError, KernError)):
            door()
    assert (Session.objects.count(), Message.objects.count(), TicketLink.objects.count()) == (1, 0, 0)


@pytest.mark.parametrize("bad", ["a\x00b", "a\x1bb", "a\nb"])
def test_a_line_typed_into_a_page_is_refused_and_comes_back(bad: str, people: Client, session: Session, orders: Queue) -> None:
    refused = people.post(f"/sessions/{session.session_id}/name/", {"name": bad}, headers=HTMX)
    assert refused.status_code == 422
    assert Client().post("/help/orders/", {"name": bad, "message": "Hi"}).status_code == 422
    assert (Session.objects.count(), NameRecord.objects.count()) == (1, 0)


@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b", "a\x1bb", "a\u202eb"])
def test_an_id_in_an_imported_line_is_no_other_id(bad: str, tmp_path: Path, rows: None) -> None:
    line = {"id": bad, "messages": [{"role": "user", "content": "Hi"}]}
    assert "its id must be" in imported(tmp_path / "line", line)
    assert Session.objects.count() == 0


@pytest.mark.parametrize("bad", ["a\x00b", "a\ud800b"])
def test_a_customers_id_in_an_imported_line_is_no_other_id(bad: str, tmp_path: Path, rows: None) -> None:
    line = {"user_id": bad, "messages": [{"role": "user", "content": "Hi"}]}
    assert "its customer's id has a NUL or half a character" in imported(tmp_path / "line", line)
    assert Session.objects.count() == 0


def test_lines_made_of_somebody_elses_text_are_one_line(tmp_path: Path, session: Session, orders: Queue) -> None:
    imported(
        tmp_path / "line", {"id": "x", "name": ODD, "customer": {"name": ODD}, "messages": [{"role": "user", "content": "."}]}
    )
    kept = Session.objects.get(session_id="x")
    assert (kept.name, kept.customer_name) == ("a b c d ef g", "a b c d ef g")
    Queue.objects.filter(pk=orders.pk).update(name="Or\x00de\nrs")
    assert Queue.objects.get(pk=orders.pk).name == "Or de rs"


# What is looked for: nothing is found by a word that was not written ----------------------------------------------------


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "\x1b"])
def test_a_search_is_for_the_words_around_what_no_row_has(odd: str, session: Session) -> None:
    Session.objects.filter(pk=session.pk).update(session_id="order")
    assert words_of(f"or{odd}der").used == ["or", "der"]
    assert not matching(Session.objects.all(), words_of(f"or{odd}der")).exists()


def test_no_queue_or_ticket_system_is_found_by_a_broken_key(people: Client, session: Session, parcels: Queue) -> None:
    moved = people.post(f"/sessions/{session.session_id}/queue/", {"queue": "par\x00cels"})
    session.refresh_from_db()
    assert (moved.status_code < 500, session.queue is not None and session.queue.slug) == (True, "orders")
