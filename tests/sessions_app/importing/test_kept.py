"""What an import keeps: when and how a conversation stood, who wrote, what came with it; and what it says it does not keep."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kern.models.openai.request import to_input
from kern.testing import ScriptedModel
from sessions_app.actions import messages, sessions
from sessions_app.management.importing.moments import read_moment
from sessions_app.management.importing.vocabulary import AUTHORS, RUN_STATUSES, STATUSES
from sessions_app.models import Message, Person, Queue, Run, Session, ToolCall
from sessions_app.models.session_read import unread_by
from sessions_app.workers import naming
from tests.desk import actor
from tests.importing import CHAT, Load, load
from tests.responses_server import validation

__all__ = ["load"]

Work = Callable[[], list[str]]
PAGE = Path(__file__).parents[3] / "docs" / "import.md"
BEGAN = datetime(2024, 5, 31, 9, 30, tzinfo=UTC)
SECONDS = int(BEGAN.timestamp())
HELLO = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Good day."}]


def only() -> Session:
    return Session.objects.get()


# Times --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        SECONDS,
        float(SECONDS),
        SECONDS * 1_000,
        SECONDS * 1_000_000,
        SECONDS * 1_000_000_000,
        str(SECONDS),
        f"{SECONDS}.000",
        f" {SECONDS * 1000} ",
        "2024-05-31T09:30:00Z",
        "2024-05-31T09:30:00.000000000Z",
        "2024-05-31T11:30:00+02:00",
        "2024-05-31 11:30:00 +0200",
        "2024-05-31 09:30:00 UTC",
        "2024-05-31T09:30:00",
        "2024-05-31 09:30",
        "20240531T093000Z",
        "Fri, 31 May 2024 09:30:00 GMT",
        {"$date": "2024-05-31T09:30:00Z"},
        {"$date": {"$numberLong": str(SECONDS * 1000)}},
    ],
)
def test_a_moment_is_read_however_other_systems_write_it(written: Any) -> None:
    assert read_moment(written) == BEGAN


@pytest.mark.parametrize(
    "written",
    [0, -1, 5, True, "", "yesterday", "2024-13-01", "1", [], {}, {"$date": None}, 10**40, 1e300, "9999-12-31T23:59:59-12:00"],
)
def test_what_can_be_no_moment_is_said(written: Any) -> None:
    with pytest.raises(ValueError, match="it "):
        read_moment(written)


def test_what_lies_ahead_is_no_moment_of_a_conversation() -> None:
    with pytest.raises(ValueError, match="it lies ahead"):
        read_moment((timezone.now() + timedelta(days=30)).isoformat())


def test_a_conversation_stands_where_and_when_it_was(load: Load, ana: Person, orders: Queue) -> None:
    fresh = sessions.start_session(orders, session_id="fresh")
    said = [{**CHAT[number], "created_at": SECONDS + 60 * number} for number in range(len(CHAT))]
    load({"id": "old", "messages": said, "updated_at": (SECONDS + 86_400) * 1000}, options=("--queue", "orders"))
    old = Session.objects.get(session_id="old")
    assert old.created_at == BEGAN
    assert old.activity_at == BEGAN + timedelta(minutes=6)
    assert old.updated_at == BEGAN + timedelta(days=1)
    assert list(old.messages.order_by("pk").values_list("created_at", flat=True)) == [
        BEGAN + timedelta(minutes=number) for number in range(len(CHAT))
    ]
    first, second = old.runs.order_by("pk")
    assert (first.created_at, first.updated_at) == (BEGAN, BEGAN + timedelta(minutes=4))
    assert (second.created_at, second.updated_at) == (BEGAN + timedelta(minutes=5), BEGAN + timedelta(minutes=6))
    call = ToolCall.objects.get()
    assert (call.started_at, call.finished_at) == (BEGAN + timedelta(minutes=2), BEGAN + timedelta(minutes=3))
    assert list(Session.objects.newest_first()) == [fresh, old]
    assert list(Session.objects.filter(unread_by(ana))) == [fresh]
    assert (naming.due(), Run.objects.active().count()) == (["old"], 0)


def test_messages_without_a_moment_follow_the_one_before(load: Load) -> None:
    told, _ = load({"id": "a", "created_at": "2024-05-31T09:30:00", "messages": CHAT}, options=("--time-zone", "Europe/Berlin"))
    times = list(only().messages.order_by("pk").values_list("created_at", flat=True))
    assert times[0] == BEGAN - timedelta(hours=2)
    assert times == sorted(set(times))
    assert times[-1] - times[0] < timedelta(seconds=1)
    assert "Not kept" not in told


def test_a_moment_that_makes_no_sense_is_reported_and_the_line_imported(load: Load, tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    lines = [
        {"id": "a", "created_at": SECONDS, "messages": [{"role": "user", "content": "Hi", "created_at": "soon"}]},
        {"id": "b", "created_at": -5, "messages": [{"role": "user", "content": "Hi", "created_at": 0}]},
        {"id": "c", "messages": [{**HELLO[0], "created_at": SECONDS + 60}, {**HELLO[1], "created_at": SECONDS}]},
    ]
    told, _ = load(*lines, options=("--report", str(report)))
    assert "3 imported" in told
    assert "1 × no moment is named: the conversation stands where it is imported (first in line 2)" in told
    written = report.read_text()
    assert "line 1: message 1: 'created_at' of a message is not kept, since it is no date and time" in written
    assert "line 2: 'created_at' of the conversation is not kept, since it is before 1990: -5" in written
    assert "line 2: message 1: 'created_at' of a message is not kept, since it is before 1990: 0" in written
    assert "line 3: message 2: a message is older than the one before it" in written


# How it stands ------------------------------------------------------------------------------------------------------------


def test_words_are_read_whatever_their_capitals_and_hyphens(load: Load) -> None:
    said = [{"role": "User", "content": "Hello"}, {"role": " ASSISTANT", "content": "Good day.", "status": "Requires-Action"}]
    note = {"author": {"kind": "STAFF"}, "content": "Psst.", "internal": True}
    told, _ = load({"id": "a", "created_at": SECONDS, "messages": [*said, note]})
    assert list(only().messages.order_by("pk").values_list("role", "author_kind")) == [
        ("user", "customer"),
        ("assistant", "agent"),
        ("assistant", "person"),
    ]
    assert Run.objects.get().status == "cancelled"
    assert "Not kept" not in told


def test_a_file_in_utf_16_is_told_what_it_is(load: Load) -> None:
    told, complaints = load(json.dumps({"id": "a", "messages": HELLO}).encode("utf-16"))
    assert "0 imported, 0 already there, 1 bad" in told
    assert "line 1: it has NUL bytes in it, as files in UTF-16 have: save the file as UTF-8" in complaints


def test_nobody_who_has_left_is_given_a_conversation(load: Load, ben: Person) -> None:
    Person.objects.filter(pk=ben.pk).update(is_active=False)
    told, _ = load({"id": "a", "created_at": SECONDS, "assignee": "ben@example.com", "messages": HELLO})
    assert only().assignee is None
    assert "1 × an assignee who does not work the queue, by email address, is not kept" in told


def test_an_unknown_status_counts_as_none(load: Load) -> None:
    told, _ = load({"id": "a", "created_at": SECONDS, "status": "limbo", "messages": HELLO}, options=("--status", "closed"))
    assert only().status == "closed"
    assert "it counts as none" in told


@pytest.mark.parametrize(
    ("word", "status"),
    [
        *(("solved", "closed"), ("Resolved", "closed"), ("ON-HOLD", "open"), ("pending", "snoozed")),
        *(("In Progress", "open"), ("Junk", "spam")),
    ],
)
def test_a_status_is_read_in_the_words_of_other_systems(load: Load, word: str, status: str) -> None:
    told, _ = load({"id": "a", "created_at": SECONDS, "status": word, "messages": HELLO})
    assert (only().status, only().snoozed_until, "Not kept" in told) == (status, None, False)


def test_a_status_that_nobody_knows_is_reported_and_the_conversation_open(load: Load) -> None:
    told, _ = load({"id": "a", "created_at": SECONDS, "status": "limbo", "messages": HELLO})
    assert only().status == "open"
    assert "'status' of the conversation is not kept, since it is none of open, snoozed, closed" in told


def test_conversations_that_do_not_say_stand_as_the_command_says(load: Load) -> None:
    lines = ({"id": "a", "created_at": SECONDS, "messages": HELLO}, {"id": "b", "status": "open", "messages": HELLO})
    load(*lines, options=("--status", "closed"))
    assert dict(Session.objects.values_list("session_id", "status")) == {"a": "closed", "b": "open"}


def test_a_customer_waits_in_an_open_conversation_since_they_wrote_and_in_no_closed_one(load: Load) -> None:
    asked = [*HELLO, {"role": "user", "content": "And my bag?", "created_at": SECONDS + 60}]
    load(
        {"id": "a", "created_at": SECONDS, "status": "open", "messages": asked},
        {"id": "b", "created_at": SECONDS, "status": "solved", "messages": asked},
        {"id": "c", "created_at": SECONDS, "status": "open", "messages": HELLO},
    )
    waiting = {row.session_id: (row.waiting_since, row.last_text, row.last_author_kind) for row in Session.objects.all()}
    assert waiting == {
        "a": (BEGAN + timedelta(minutes=1), "And my bag?", "customer"),
        "b": (None, "And my bag?", "customer"),
        "c": (None, "Good day.", "agent"),
    }


def test_a_snooze_comes_back_and_one_that_is_over_is_open(load: Load) -> None:
    later = (timezone.now() + timedelta(days=3)).replace(microsecond=0)
    about = {"status": "snoozed", "created_at": SECONDS, "messages": HELLO}
    load(
        {**about, "id": "a", "snoozed_until": later.isoformat()}, {**about, "id": "b", "snoozed_until": "2024-06-01T00:00:00Z"}
    )
    stands = {row.session_id: (row.status, row.snoozed_until) for row in Session.objects.all()}
    assert stands == {"a": ("snoozed", later), "b": ("open", None)}


def test_a_closed_conversation_is_opened_by_its_customer_and_the_agent_knows_it(load: Load, work: Work) -> None:
    closed = [*CHAT, {"role": "user", "content": "And my invoice?"}]
    load({"id": "a", "created_at": SECONDS, "status": "closed", "messages": closed})
    assert (only().status, work()) == ("closed", ["completed", "completed"])
    model: ScriptedModel = actor.says("Here it is.")
    messages.receive(only(), "Hello?")
    assert work()[-1] == "completed"
    assert only().status == "open"
    sent = [(message.role, message.content) for message in model.requests[0].messages]
    assert ("tool", "on its way") in sent
    assert "And my invoice?" in sent[-1][1] or sent[-2][1] == "And my invoice?"
    _instructions, items = to_input(model.requests[0].messages, keep_reasoning=True)
    validation.check({"model": "gpt-5.2", "input": items})


# Who wrote ----------------------------------------------------------------------------------------------------------------


def test_the_customer_is_known_by_name_address_and_id(load: Load) -> None:
    whole = {"id": 7, "name": "Kim", "email": "kim@example.com"}
    load(
        {"id": "a", "created_at": SECONDS, "customer": whole, "messages": HELLO},
        {"id": "b", "created_at": SECONDS, "user": whole, "messages": HELLO},
        {
            "id": "c",
            "created_at": SECONDS,
            "user_id": "7",
            "customer_name": "Kim",
            "customer_email": "kim@example.com",
            "messages": HELLO,
        },
    )
    known = {(row.user_id, row.customer_name, row.customer_email) for row in Session.objects.all()}
    assert (Session.objects.count(), known) == (3, {("7", "Kim", "kim@example.com")})
    assert only_author(Session.objects.get(session_id="a"), "user") == "Kim"


def only_author(session: Session, role: str) -> str:
    return session.messages.get(role=role).author


def test_people_agents_and_notes_are_told_apart(load: Load, ana: Person, ben: Person) -> None:
    told, _ = load(
        {
            "id": "a",
            "created_at": SECONDS,
            "agent": "Old bot",
            "assignee": "BEN@example.com",
            "messages": [
                {"role": "user", "content": "Where is order 7?", "name": "Kim"},
                {"role": "assistant", "content": "I ask somebody."},
                {"role": "assistant", "content": "On its way.", "author": {"kind": "staff", "email": "ana@example.com"}},
                {"author": {"kind": "person", "name": "Lee"}, "content": "Regular customer.", "public": False},
                {"author_kind": "customer", "content": "Thanks"},
                {"role": "assistant", "content": "You are welcome.", "author": "Shop agent"},
            ],
        },
        options=("--queue", "orders"),
    )
    said = list(only().messages.order_by("pk").values_list("author_kind", "author", "internal", "run__agent_name"))
    assert said == [
        ("customer", "Kim", False, "Old bot"),
        ("agent", "Old bot", False, "Old bot"),
        ("person", "Ana", False, None),
        ("person", "Lee", True, None),
        ("customer", "Customer", False, "Shop agent"),
        ("agent", "Shop agent", False, "Shop agent"),
    ]
    assert list(only().messages.exclude(person=None).values_list("person__email", flat=True)) == ["ana@example.com"]
    assert only().assignee == ben
    assert [message.content for message in only().messages.for_customer().order_by("pk")][2] == "On its way."
    assert not only().messages.for_customer().filter(content="Regular customer.").exists()
    assert not only().messages.unanswered().exists()
    assert "Not kept" not in told


@pytest.mark.parametrize(
    ("flags", "is_note"),
    [
        *(({"internal": said}, True) for said in (True, "true", " TRUE", "1", 1, "yes")),
        *(({"internal": said}, False) for said in (False, "false", "0", 0, "No", None, "")),
        *(({"public": said}, True) for said in (False, "false", 0)),
        *(({"public": said}, False) for said in (True, "true", 1)),
        # Where one key says it, another may not undo it, and what nobody can read is shown to no customer.
        *((flags, True) for flags in ({"internal": False, "private": True}, {"public": True, "is_private": "1"})),
        *((flags, True) for flags in ({"internal": "staff"}, {"private": ["ana"]}, {"public": "team"})),
    ],
)
def test_a_note_is_a_note_however_its_flag_is_written(load: Load, flags: dict[str, Any], is_note: bool) -> None:
    load({"id": "a", "created_at": SECONDS, "messages": [*HELLO, {"role": "assistant", "content": "Psst.", **flags}]})
    assert only().messages.for_customer().filter(content="Psst.").exists() is not is_note
    assert only().messages.filter(content="Psst.", internal=is_note).exists()


def test_a_flag_that_nobody_can_read_is_said(load: Load) -> None:
    told, _ = load({"id": "a", "created_at": SECONDS, "messages": [{**HELLO[0], "private": "staff"}]})
    assert "1 × 'private' of a message is neither true nor false and counts as true" in told


def test_a_customers_id_is_never_cut_to_that_of_another(load: Load) -> None:
    given = [{"id": str(number), "created_at": SECONDS, "messages": HELLO} for number in range(3)]
    longest = "u" * 200
    told, complaints = load(
        given[0] | {"user_id": longest}, given[1] | {"customer": {"id": f"{longest}v"}}, given[2] | {"user_id": "k\u200bim"}
    )
    assert list(Session.objects.order_by("pk").values_list("user_id", flat=True)) == [longest, "kim"]
    assert "line 2: its customer's id has more than 200 letters" in complaints
    assert "1 × 'user_id' of the conversation is kept without the signs in it that nobody sees (first in line 3)" in told


def test_of_a_key_that_stands_twice_nothing_is_dropped_in_silence(load: Load) -> None:
    line = b'{"id": "%s", "created_at": 1717147800, "messages": [{"role": "user", "content": "One", "content": "%s"}]}'
    _, complaints = load(line % (b"a", b"One"), line % (b"b", b"Two"))
    assert only().session_id == "a"
    assert "line 2: it is not JSON: the key 'content' stands twice in one object with different values" in complaints


def test_an_imported_conversation_is_shown_to_people_as_it_was(load: Load, ana: Person, client: Client) -> None:
    note = {"author": {"kind": "person", "name": "Lee"}, "content": "Regular customer.", "internal": True}
    load(
        {"id": "a/../b", "created_at": SECONDS, "name": "Late order", "messages": [*CHAT, note]}, options=("--queue", "orders")
    )
    client.force_login(ana)
    page = client.get("/open/~YS8uLi9i/").content.decode()
    for words in ("Late order", "Where is order 7?", "You are welcome.", "Regular customer.", "Lee", "31 May 2024"):
        assert words in page


def test_a_name_passes_the_checks_of_every_other_door(load: Load) -> None:
    about = {"created_at": SECONDS, "messages": HELLO}
    told, _ = load(
        {**about, "id": "a", "name": "evil\u202egpj.exe", "name_source": "auto"},
        {**about, "id": "b", "title": "x" * 250},
        {**about, "id": "c", "subject": "\u200b"},
    )
    named = {row.session_id: (row.name, row.name_source) for row in Session.objects.all()}
    assert named == {
        "a": ("evilgpj.exe", "auto"),
        "b": ("x" * 200, "imported"),
        "c": ("Conversation with Customer", "provisional"),
    }
    assert "'name' of the conversation is cut to 200 characters" in told


def test_tickets_are_linked_by_the_systems_pattern_or_reported(load: Load) -> None:
    told, _ = load(
        {
            "id": "a",
            "created_at": SECONDS,
            "messages": HELLO,
            "tickets": ["HD-12", {"system": "help", "id": "HD-13"}, "??", {"system": "zendesk", "id": "1"}],
        }
    )
    linked = sorted(only().tickets.values_list("ticket_id", flat=True))
    assert linked[0] == "HD-12"
    assert f"{4 - len(linked)} × a ticket is not linked" in told


# What came with it --------------------------------------------------------------------------------------------------------


def test_files_images_and_recordings_leave_their_names_addresses_and_words(load: Load) -> None:
    parts = [
        {"type": "text", "text": "See"},
        {"type": "image_url", "image_url": {"url": "https://shop.example/a.png", "detail": "low"}},
        {"type": "input_image", "image_url": "https://shop.example/b.png"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "file", "file": {"filename": "bill.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
        {"type": "input_file", "file_id": "file-9"},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}, "transcript": "My bag is lost"},
        {"type": "hologram", "shape": "cube"},
    ]
    told, _ = load(
        {
            "id": "a",
            "created_at": SECONDS,
            "messages": [
                {"role": "user", "content": parts, "attachments": [{"name": "log.txt", "url": "https://shop.example/log.txt"}]},
                {"role": "assistant", "content": None, "audio": {"id": "au1", "data": "AAAA", "transcript": "I look for it."}},
                {
                    "role": "assistant",
                    "content": [
                        {
                            "type": "output_text",
                            "text": "Found.",
                            "annotations": [{"type": "url_citation", "title": "Bags", "url": "https://shop.example/bags"}],
                        },
                        {"type": "refusal", "refusal": "No more."},
                    ],
                },
            ],
        }
    )
    first, second, third = only().messages.order_by("pk").values_list("content", flat=True)
    assert first.splitlines() == [
        "See",
        "[image: https://shop.example/a.png]",
        "[image: https://shop.example/b.png]",
        "[image: image/png]",
        "[file: bill.pdf]",
        "[file: file-9]",
        "[audio]",
        "My bag is lost",
        "[hologram]",
        "[file: log.txt https://shop.example/log.txt]",
    ]
    assert second.splitlines() == ["[audio: au1]", "I look for it."]
    assert third.splitlines() == ["Found.", "[source: Bags https://shop.example/bags]", "No more."]
    for kept in (
        "type 'hologram'",
        "the data of a file",
        "the data of an audio",
        "data that stands in the place of an address",
    ):
        assert kept in told


def test_how_a_turn_ended_with_which_model_and_why_is_kept(load: Load) -> None:
    load(
        {
            "id": "a",
            "created_at": SECONDS,
            "model": "gpt-4o",
            "messages": [
                {"role": "user", "content": "One"},
                {
                    "role": "assistant",
                    "content": "1",
                    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
                },
                {"role": "user", "content": "Two"},
                {"role": "assistant", "content": "", "status": "failed", "error": {"message": "too long"}, "model": "gpt-5.2"},
                {"role": "user", "content": "Three"},
                {"role": "assistant", "content": "3", "status": "in_progress"},
            ],
        }
    )
    ended = [(run.status, run.model, run.error, run.metrics.get("input_tokens")) for run in only().runs.order_by("pk")]
    assert ended == [("completed", "gpt-4o", "", 5), ("error", "gpt-5.2", "too long", None), ("cancelled", "gpt-4o", "", None)]


def test_a_calls_moment_and_an_outputs_status_are_not_passed_over(load: Load) -> None:
    said = {"type": "message", "role": "assistant", "content": "I look it up."}
    made = {"type": "function_call", "call_id": "c1", "name": "find", "arguments": "{}", "created_at": SECONDS + 60}
    output = {"type": "function_call_output", "call_id": "c1", "output": "half of it", "status": "incomplete"}
    told, _ = load({"id": "a", "created_at": SECONDS, "messages": [HELLO[0], said, made, output]})
    assert only().messages.get(content="I look it up.").created_at == BEGAN + timedelta(minutes=1)
    assert "1 × the status of a call's output is not kept (first in line 1)" in told


def test_a_result_without_its_call_and_a_call_without_its_result_are_kept_and_reported(load: Load, work: Work) -> None:
    call = {"id": "c1", "function": {"name": "find", "arguments": "{}"}}
    told, _ = load(
        {
            "id": "a",
            "created_at": SECONDS,
            "messages": [
                {"role": "user", "content": "Hi"},
                {"role": "tool", "tool_call_id": "lost", "name": "find", "content": "found"},
                {"role": "assistant", "content": "", "tool_calls": [call]},
                {"role": "user", "content": "Are you there?"},
                {"role": "assistant", "content": "Yes."},
            ],
        }
    )
    assert "1 × a tool result without its call is kept, and no model is shown it" in told
    assert "1 × a tool call without its result" in told
    assert only().messages.get(role="tool").content == "found"
    assert ToolCall.objects.get().status == "started"
    model: ScriptedModel = actor.says("Good.")
    messages.receive(only(), "Thanks")
    work()
    _instructions, items = to_input(model.requests[0].messages, keep_reasoning=True)
    validation.check({"model": "gpt-5.2", "input": items})
    assert "Nobody knows whether this call happened" in json.dumps(items)


def test_a_result_that_came_late_stands_with_its_call(load: Load, work: Work) -> None:
    call = {"id": "c1", "function": {"name": "find", "arguments": "not json"}}
    load(
        {
            "id": "a",
            "created_at": SECONDS,
            "messages": [
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "I look.", "tool_calls": [call]},
                {"role": "user", "content": "Hurry!"},
                {"role": "tool", "tool_call_id": "c1", "content": "found"},
                {"role": "assistant", "content": "Here."},
            ],
        }
    )
    assert ToolCall.objects.get().result == "found"
    model: ScriptedModel = actor.says("Good.")
    messages.receive(only(), "Thanks")
    work()
    _instructions, items = to_input(model.requests[0].messages, keep_reasoning=True)
    validation.check({"model": "gpt-5.2", "input": items})
    kinds = [item.get("type", "message") for item in items]
    assert kinds.index("function_call_output") == kinds.index("function_call") + 1
    assert [json.loads(item["arguments"]) for item in items if item.get("type") == "function_call"] == [{"input": "not json"}]


def test_items_of_the_responses_api_are_read(load: Load, work: Work) -> None:
    told, _ = load(
        {
            "id": "a",
            "created_at": SECONDS,
            "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Where is 7?"}]}],
            "output": [
                {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Look it up."}]},
                {
                    "type": "function_call",
                    "call_id": "c1",
                    "name": "find",
                    "arguments": '{"order": "7"}',
                    "status": "completed",
                },
                {"type": "custom_tool_call", "call_id": "c2", "name": "shell", "input": "ls"},
                {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "on its way"}]},
                {"type": "custom_tool_call_output", "call_id": "c2", "output": "a.txt"},
                {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"query": "order 7"}},
                {"type": "mcp_call", "id": "m1", "name": "stock", "arguments": "{}", "output": "3"},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "On its way."}]},
            ],
        }
    )
    said = list(only().messages.order_by("pk").values_list("role", "content"))
    assert said == [
        ("user", "Where is 7?"),
        ("assistant", ""),
        ("tool", "on its way"),
        ("tool", "a.txt"),
        ("assistant", ""),
        ("tool", "3"),
        ("assistant", "On its way."),
    ]
    assert [(call.tool_name, call.result) for call in ToolCall.objects.order_by("pk")] == [
        ("find", "on its way"),
        ("shell", "a.txt"),
        ("stock", "3"),
    ]
    assert "1 × an item of the type 'web_search_call' is not kept (first in line 1)" in told
    assert Message.objects.filter(role="assistant").earliest("pk").reasoning == "Look it up."
    model: ScriptedModel = actor.says("Good.")
    messages.receive(only(), "Thanks")
    assert work()[-1] == "completed"
    _instructions, items = to_input(model.requests[0].messages, keep_reasoning=True)
    validation.check({"model": "gpt-5.2", "input": items})
    assert "Look it up." not in json.dumps(items)


def test_thinking_in_an_agents_words_is_kept_apart_and_that_of_a_person_stays(load: Load) -> None:
    thinking = "<think>Look it up.</think>On its way."
    load(
        {
            "id": "a",
            "messages": [
                {"role": "user", "content": "Where is 7?"},
                {"role": "assistant", "content": thinking},
                {"role": "assistant", "author_kind": "person", "content": thinking},
            ],
        }
    )
    answers = Message.objects.filter(role="assistant").order_by("pk")
    assert [(message.content, message.reasoning) for message in answers] == [("On its way.", "Look it up."), (thinking, "")]


# What is said about it ----------------------------------------------------------------------------------------------------


def test_every_key_that_nobody_reads_is_counted_by_kind_and_told_by_line(load: Load, tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    message = {"role": "user", "content": "Hi", "weight": 0.5, "nothing": None, "half": "\ud800"}
    lines = [{"id": str(number), "created_at": SECONDS, "mood": ["calm"], "messages": [message]} for number in range(3)]
    told, _ = load(*lines, b"{broken", options=("--report", str(report)))
    assert "3 × the key 'weight' of a message is not kept (first in line 1)" in told
    assert "3 × the key 'mood' of the conversation is not kept (first in line 1)" in told
    assert "nothing" not in told
    written = report.read_text().splitlines()
    assert "line 2: message 1: the key 'weight' of a message is not kept: 0.5" in written
    assert "line 3: the key 'mood' of the conversation is not kept: [\"calm\"]" in written
    assert any(line.startswith("line 4: not imported: it is not JSON") for line in written)


def test_a_dry_run_says_all_of_it_and_stores_nothing(load: Load) -> None:
    lines = ({"id": "a", "messages": CHAT, "mood": ["calm"]}, {"id": "a", "messages": CHAT}, b"{broken")
    told, complaints = load(*lines, options=("--dry-run",))
    assert told.splitlines()[0] == "1 imported, 1 already there, 1 bad, if this were no dry run; nothing was stored"
    assert "1 × the key 'mood' of the conversation is not kept" in told
    assert "line 3: it is not JSON" in complaints
    assert (Session.objects.count(), Message.objects.count()) == (0, 0)
    assert "1 imported" in load(*lines)[0]


def test_the_same_words_at_another_time_are_another_conversation(load: Load) -> None:
    lines = [{"user_id": "kim", "created_at": SECONDS + day * 86_400, "messages": HELLO} for day in range(3)]
    assert "3 imported" in load(*lines)[0]
    assert "0 imported, 3 already there, 0 bad" in load(*lines)[0]


# The page about it --------------------------------------------------------------------------------------------------------


def test_the_examples_of_the_page_are_imported_whole(load: Load, ana: Person) -> None:
    [lines] = re.findall(r"```jsonl\n(.*?)```", PAGE.read_text(), re.DOTALL)
    told, complaints = load(*(line.encode() for line in lines.splitlines()))
    assert (told.splitlines()[0][:40], complaints) == ("2 imported, 0 already there, 0 bad; impo", "")
    assert "Not kept" not in told


def test_every_field_of_the_page_is_read_as_it_says(load: Load) -> None:
    conversation, message = (_rows(title) for title in ("## The conversation", "## Messages"))
    whole = {name: value for name, value in conversation.items() if value is not None}
    said = {name: value for name, value in message.items() if value != ""}
    answer = {"role": "tool", "tool_call_id": "c1", "content": "found"}
    told, complaints = load({**whole, "messages": [*whole["messages"], said, answer]})
    assert ("1 imported" in told, complaints) == (True, "")
    assert "Not kept" not in told, told


def test_the_words_of_the_page_are_those_that_are_read() -> None:
    page = PAGE.read_text()
    for words in (STATUSES, AUTHORS, RUN_STATUSES):
        for meaning in dict.fromkeys(words.values()):
            listed = ", ".join(word for word, meant in words.items() if meant == meaning)
            assert re.search(rf"\| `{meaning}`[^|]*\| {listed} \|", page), (meaning, listed)


def _rows(title: str) -> dict[str, Any]:
    """The fields of the table below the title, with the values of their examples."""
    table = PAGE.read_text().split(f"\n{title}\n")[1].split("\n\n")[0].strip()
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    return {cells[0].strip("`"): json.loads(cells[-1].strip("` ")) for cells in rows}
