"""Importing chat files: everything is kept, nothing twice, and one bad line harms no other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from kern.testing import ScriptedModel
from sessions_app.actions import messages
from sessions_app.models import Message, Person, Session, ToolCall
from sessions_app.queries.search import matching, words_of
from sessions_app.store import DjangoDb
from tests.desk import actor
from tests.importing import CHAT, Load, load

__all__ = ["load"]

Work = Callable[[], list[str]]


def test_a_conversation_becomes_runs_messages_and_tool_calls(load: Load) -> None:
    load({"id": "chat-1", "messages": CHAT, "title": "Late order", "user_id": "kim"}, options=("--queue", "parcels"))
    session = Session.objects.get(session_id="chat-1")
    assert (session.user_id, session.queue.slug if session.queue else "") == ("kim", "parcels")
    assert (session.name, session.name_source) == ("Late order", "imported")
    assert session.last_text == "You are welcome."
    assert list(session.runs.order_by("pk").values_list("status", "content")) == [
        ("completed", "It is on its way."),
        ("completed", "You are welcome."),
    ]
    roles = list(session.messages.order_by("pk").values_list("role", "content"))
    assert roles == [
        ("system", "Be kind."),
        ("user", "Where is order 7?"),
        ("assistant", ""),
        ("tool", "on its way"),
        ("assistant", "It is on its way."),
        ("user", "Thanks\n[image: x]"),
        ("assistant", "You are welcome."),
    ]
    call = ToolCall.objects.get()
    assert (call.tool_name, call.arguments, call.status, call.result) == ("find", {"order": "7"}, "finished", "on its way")
    assert not session.messages.unanswered().exists()


def test_importing_again_adds_nothing(load: Load) -> None:
    lines = ({"id": "a", "messages": CHAT}, CHAT[1:5], {"id": 5, "messages": CHAT})
    assert "3 imported" in load(*lines)[0]
    before = Message.objects.count()
    assert "0 imported, 3 already there, 0 bad" in load(*lines)[0]
    assert (Message.objects.count(), Session.objects.count()) == (before, 3)


def test_customers_who_wrote_the_same_have_a_conversation_each(load: Load) -> None:
    lines = [{"messages": CHAT, "user_id": "alice"}, {"messages": CHAT, "user_id": "bob"}, {"messages": CHAT}]
    assert "3 imported" in load(*lines)[0]
    assert sorted(Session.objects.values_list("user_id", flat=True)) == ["", "alice", "bob"]
    assert "0 imported, 3 already there, 0 bad" in load(*lines)[0]


def test_what_was_said_in_an_imported_conversation_is_found(load: Load) -> None:
    load({"id": "chat-1", "messages": CHAT})
    found = [
        query for query in ["order 7", '"on its way"', "welcome", "kind"] if matching(Session.objects.all(), words_of(query))
    ]
    assert found == ["order 7", '"on its way"', "welcome"]


def test_the_customer_of_the_command_line_counts_as_the_lines_own(load: Load) -> None:
    assert "1 imported" in load(CHAT, options=("--user", "alice"))[0]
    assert "1 imported" in load(CHAT, options=("--user", "bob"))[0]
    assert "0 imported, 1 already there" in load({"messages": CHAT, "user_id": "bob"})[0]


@pytest.mark.parametrize("bad", ["  ", "x" * 201, "a\nb", "a\x00b"])
def test_a_customer_without_an_id_that_can_be_one_stops_the_import(load: Load, bad: str) -> None:
    assert "--user must be one line of plain text" in load(CHAT, options=("--user", bad))[1]
    assert not Session.objects.exists()


def test_what_was_imported_under_an_id_of_its_messages_alone_is_not_imported_again(load: Load) -> None:
    load(CHAT)
    Session.objects.update(user_id="alice")
    assert "0 imported, 1 already there" in load({"messages": CHAT, "user_id": "alice"})[0]
    assert "1 imported" in load({"messages": CHAT, "user_id": "bob"})[0]


def test_one_id_for_two_customers_is_reported(load: Load) -> None:
    told, complaints = load(*({"id": "chat-1", "messages": CHAT, "user_id": who} for who in ("alice", "bob")))
    assert "1 imported, 0 already there, 1 bad" in told
    assert "line 2: chat-1 is already there for another customer: alice, not bob" in complaints


def test_a_title_is_one_line_in_any_script_and_an_id_has_nothing_unseen(load: Load) -> None:
    load(
        {"id": "chat-1", "messages": CHAT, "title": "Familie 👨‍👩‍👧\u2028Reise", "user_id": "k\u200bim"},
        options=("--queue", "parcels"),
    )
    session = Session.objects.get(session_id="chat-1")
    assert (session.name, session.user_id) == ("Familie 👨‍👩‍👧 Reise", "kim")


def test_a_conversation_that_grew_since_is_reported_and_not_passed_over(load: Load) -> None:
    load({"id": "chat-1", "messages": CHAT[:5]}, {"id": "chat-2", "messages": CHAT})
    before = Message.objects.count()
    told, complaints = load({"id": "chat-1", "messages": CHAT}, {"id": "chat-2", "messages": CHAT})
    assert "0 imported, 1 already there, 1 bad" in told
    assert "line 1: chat-1 is already there with other content" in complaints
    assert "imported with 5 messages, this line has 7" in complaints
    assert Message.objects.count() == before


def test_what_was_said_after_the_import_makes_no_other_conversation_of_it(load: Load) -> None:
    load({"id": "chat-1", "messages": CHAT})
    messages.receive(Session.objects.get(session_id="chat-1"), "When exactly?")
    assert "1 already there, 0 bad" in load({"id": "chat-1", "messages": CHAT})[0]


def test_a_bad_line_is_named_and_the_others_are_imported(load: Load) -> None:
    told, complaints = load(
        {"id": "good-1", "messages": CHAT},
        b"",
        b"{broken",
        b"\xff\xfe{}",
        {"id": "no-messages"},
        {"id": "empty", "messages": []},
        {"id": "odd-role", "messages": [{"role": "king", "content": "x"}]},
        {"id": "odd-content", "messages": [{"role": "user", "content": 5}]},
        {"id": {"a": 1}, "messages": CHAT},
        {"id": "good-1", "messages": CHAT[:2]},
        [{"role": "user", "content": "bare list"}],
        b"[" * 50_000,
    )
    assert "2 imported, 0 already there, 9 bad" in told
    assert complaints.endswith("(1)")
    for number in (3, 4, 5, 6, 7, 8, 9, 10, 12):
        assert f"line {number}: " in complaints
    assert "line 10: line 1 has the same id" in complaints
    assert "message 1: unknown role 'king'" in complaints


def test_the_last_word_says_what_became_of_the_good_lines(load: Load) -> None:
    good, bad = {"id": "good", "messages": CHAT}, b"{broken"
    told, complaints = load(bad)
    assert told == "0 imported, 0 already there, 1 bad\n"
    assert complaints.splitlines()[1:] == ["All lines were bad; nothing is imported. (1)"]
    told, complaints = load(good, bad, options=("--queue", "parcels"))
    assert told.splitlines()[0] == "1 imported, 0 already there, 1 bad; imported into the queue parcels"
    assert complaints.splitlines()[1:] == ["Some lines were bad; the others are imported. (1)"]
    told, complaints = load(good, bad, options=("--queue", "orders"))
    assert told == "0 imported, 1 already there, 1 bad\n"
    assert complaints.splitlines()[1:] == ["Some lines were bad; the others were there already. (1)"]


def test_a_message_that_no_page_could_show_is_reported(load: Load) -> None:
    long, fitting = "x" * 100_001, "x" * 100_000
    call = {"id": "c", "function": {"name": "find", "arguments": long}}
    told, complaints = load(
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": long}],
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": None, "tool_calls": [call]}],
        [{"role": "user", "content": fitting}],
    )
    assert "1 imported, 0 already there, 2 bad" in told
    assert "line 1: message 2: its content has 100,001 characters, more than 100,000" in complaints
    assert "line 2: message 2: a tool call's arguments have 100,001 characters" in complaints


def test_an_id_of_a_live_session_is_never_taken_over(load: Load, session: Session) -> None:
    told, complaints = load({"id": session.session_id, "messages": CHAT})
    assert "1 bad" in told
    assert "was not imported" in complaints
    assert session.messages.count() == 0


def test_older_function_calls_repeated_ids_and_odd_text_are_kept(load: Load) -> None:
    call = {"id": "same", "type": "function", "function": {"name": "find", "arguments": "not json"}}
    _told, complaints = load(
        {
            "id": "old",
            "messages": [
                {"role": "developer", "content": "Be brief."},
                {"role": "user", "content": "a\u0000b \ud800"},
                {"role": "assistant", "content": "", "function_call": {"name": "find", "arguments": '{"x": NaN}'}},
                {"role": "function", "name": "find", "content": "found"},
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "same", "content": "one"},
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "same", "content": "two"},
                {"role": "assistant", "content": "Done."},
            ],
        }
    )
    assert complaints == ""
    assert [call.result for call in ToolCall.objects.order_by("pk")] == ["found", "one", "two"]
    stored = Session.objects.get(session_id="old")
    assert stored.messages.filter(role="system").get().content == "Be brief."
    calls = {call["id"] for message in stored.messages.all() for call in message.tool_calls}
    outputs = set(stored.messages.filter(role="tool").values_list("tool_call_id", flat=True))
    assert calls == outputs
    assert len(calls) == 3


def test_an_imported_conversation_is_continued_with_its_history(load: Load, work: Work, ana: Person) -> None:
    load({"id": "chat-1", "messages": CHAT})
    session = Session.objects.get(session_id="chat-1")
    model: ScriptedModel = actor.says("Tomorrow.")
    messages.receive(session, "When exactly?")
    assert work()[-1] == "completed"
    sent = [(message.role, message.content) for message in model.requests[0].messages]
    assert ("tool", "on its way") in sent
    assert sent[-1] == ("user", "When exactly?")
    called = {call.id for message in model.requests[0].messages for call in message.tool_calls}
    answered = {message.tool_call_id for message in model.requests[0].messages if message.role == "tool"}
    assert called == answered == {"c1"}
    assert len(DjangoDb().messages("chat-1")) == len(CHAT) + 2


def test_standard_input_is_read_too(load: Load, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can not be read"):
        call_command("import_conversations", str(tmp_path / "missing.jsonl"))
    with pytest.raises(CommandError, match="There is no queue nowhere"):
        call_command("import_conversations", "-", "--queue", "nowhere")
    program = (
        "import sys; from sessions_app.management.commands.import_conversations import opened, progress\n"
        "with opened('-') as (stream, size): print([number for number, line in progress(stream, size)])"
    )
    run = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()\n" + program],
        input=b"{}\n\n{}\n",
        capture_output=True,
        check=True,
    )
    assert run.stdout.strip() == b"[1, 3]"
