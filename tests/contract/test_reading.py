"""What is read back: runs, history, messages, in every storage.

See `kern/db/base.py`. Ana owns the sessions, Cy is another person's customer.
"""

from __future__ import annotations

from typing import Any

import pytest

from kern.db.base import Db
from kern.records.history import LEFT_OUT
from kern.records.message import Message, ToolCall
from kern.records.run import RunMetrics, RunOutput
from tests.contract.conftest import AtOnce
from tests.contract.turns import (
    finish,
    member_of,
    open_turn,
    propose,
    stored_run,
    texts,
    whole_turn,
)


def test_runs_are_oldest_first_and_the_newest_can_be_had_alone(db: Db) -> None:
    ids = [whole_turn(db, said=f"Question {number}").run_id for number in range(4)]
    assert [run.run_id for run in db.runs("travel")] == ids
    assert [run.run_id for run in db.runs("travel", last_n=2)] == ids[2:]


def test_history_is_the_window_of_runs_before_this_one_without_system_words_and_members(db: Db) -> None:
    for number in range(4):
        whole_turn(db, said=f"Question {number}", reply=f"Answer {number}")
    run, claim = open_turn(db, said="Question 4")
    member_of(run, propose(db, run, claim, "delegate")[0], claim, db)
    window = db.history("travel", before_run_id=run.run_id, last_n_runs=2)
    assert texts(window) == ["Question 2", "Answer 2", "Question 3", "Answer 3"]
    finish(db, run, claim, content="Answer 4")
    last, _ = open_turn(db, said="Question 5")
    window = db.history("travel", before_run_id=last.run_id, last_n_runs=1)
    assert texts(window) == ["Question 4", "Let me look.", "Answer 4"]
    assert window[1].tool_calls[0].name == "delegate"


def test_history_has_unfinished_runs_too(db: Db) -> None:
    run, claim = open_turn(db, said="Never answered")
    finish(db, run, claim, status="error", content="", answer=False)
    last, _ = open_turn(db, said="Again")
    assert texts(db.history("travel", before_run_id=last.run_id, last_n_runs=3)) == ["Never answered"]
    assert db.history("travel", before_run_id=run.run_id, last_n_runs=3) == []


def refused_turn(db: Db, said: str, *tools: str) -> RunOutput:
    """A turn that a server refused for good, after those tools had been called."""
    run, claim = open_turn(db, said=said)
    for call in propose(db, run, claim, *tools) if tools else []:
        db.start_call(claim, run.run_id, call.id, {"bag": 7})
    run.error, run.permanent_error, run.refused = "content filter", True, True
    finish(db, run, claim, status="error", content="", answer=False)
    return run


def test_history_has_one_line_in_place_of_a_run_that_a_server_refused(db: Db) -> None:
    whole_turn(db)
    refused = refused_turn(db, "POISON", "refund")
    last, _ = open_turn(db, said="And now?")
    window = db.history("travel", before_run_id=last.run_id, last_n_runs=3)
    assert [message.role for message in window] == ["user", "assistant", "user"]
    assert "do not call them again for that: refund" in window[-1].content
    assert "POISON" not in str(window)
    assert stored_run(db, refused.run_id).refused
    assert "POISON" in texts(db.messages("travel")), "people see everything"
    assert "POISON" not in texts(db.opening("travel")), "names are made of what the server takes"


def test_history_begins_with_the_last_two_runs_in_a_row_that_a_server_refused(db: Db) -> None:
    whole_turn(db, said="What the server may mind")
    refused_turn(db, "POISON")
    refused_turn(db, "Innocent")
    whole_turn(db, said="Hello?")
    last, _ = open_turn(db, said="And now?")
    window = texts(db.history("travel", before_run_id=last.run_id, last_n_runs=9))
    assert window == [LEFT_OUT, "Hello?", "It is in Oslo."]


def test_messages_hide_nothing_and_filters_are_arguments(db: Db) -> None:
    for number in range(3):
        whole_turn(db, said=f"Question {number}", reply=f"Answer {number}")
    stored = db.messages("travel")
    one_turn = [["You find bags.", f"Question {number}", f"Answer {number}"] for number in range(3)]
    assert texts(stored) == [text for turn in one_turn for text in turn]
    assert texts(db.messages("travel", last_n_runs=2)) == one_turn[1] + one_turn[2]
    assert texts(db.messages("travel", limit=2)) == ["Question 2", "Answer 2"]
    assert texts(db.messages("travel", roles=["assistant"])) == ["Answer 0", "Answer 1", "Answer 2"]
    assert texts(db.messages("travel", before=stored[3].message_id)) == one_turn[0]
    assert texts(db.messages("travel", before=stored[6].message_id, limit=1, roles=["user"])) == ["Question 1"]
    assert texts(db.messages("travel", before=stored[6].message_id, last_n_runs=2)) == one_turn[1]


@pytest.mark.parametrize(
    ("argument", "read"),
    [
        ("limit", lambda db: db.list_sessions(limit=-1)),
        ("limit", lambda db: db.messages("travel", limit=-1)),
        ("last_n_runs", lambda db: db.messages("travel", last_n_runs=-1)),
        ("last_n", lambda db: db.runs("travel", last_n=-1)),
        ("limit", lambda db: db.opening("travel", limit=-1)),
    ],
)
def test_fewer_than_no_rows_cannot_be_read(db: Db, argument: Any, read: Any) -> None:
    whole_turn(db)
    with pytest.raises(ValueError, match=f"^{argument} is 0 or more, not -1$"):
        read(db)


def test_a_message_id_of_another_session_pages_nothing(db: Db) -> None:
    whole_turn(db)
    whole_turn(db, "other")
    elsewhere = db.messages("other")[-1].message_id
    assert db.messages("travel", before=elsewhere) == []


def test_messages_of_members_are_included_unless_left_out(db: Db) -> None:
    run, claim = open_turn(db, kind="team")
    member = member_of(run, propose(db, run, claim, "delegate")[0], claim, db)
    finish(db, member, claim, content="Traced")
    finish(db, run, claim)
    assert {"Trace bag 7", "Traced"} <= set(texts(db.messages("travel", last_n_runs=1)))
    assert texts(db.messages("travel")) == texts(db.messages("travel", last_n_runs=1))
    without = ["You find bags.", "Where is my bag?", "Let me look.", "It is in Oslo."]
    assert texts(db.messages("travel", members=False)) == texts(db.messages("travel", members=False, last_n_runs=1)) == without


def test_the_opening_is_the_first_words_of_customer_and_agent(db: Db) -> None:
    run, claim = open_turn(db, kind="team", said="Question")
    db.store_answer(claim, Message("assistant", tool_calls=[ToolCall("c1", "delegate")], run_id=run.run_id), RunMetrics())
    member_of(run, ToolCall("c1", "delegate"), claim, db)
    db.finish_call(claim, Message("tool", "Traced", run_id=run.run_id, tool_call_id="c1"), failed=False)
    finish(db, run, claim, content="Answer")
    for number in range(5):
        whole_turn(db, said=f"Question {number}", reply=f"Answer {number}")
    assert texts(db.opening("travel")) == ["Question", "Answer", "Question 0", "Answer 0", "Question 1", "Answer 1"]
    assert texts(db.opening("travel", limit=1)) == ["Question"]


def test_threads_that_work_in_many_sessions_lose_nothing(db: Db, at_once: AtOnce) -> None:
    def conversation(number: Any) -> None:
        for turn in range(5):
            whole_turn(db, f"travel-{number}", said=f"Question {turn}", reply=f"Answer {turn}")

    assert at_once(*[lambda number=number: conversation(number) for number in range(8)]) == [None] * 8
    expected = [text for turn in range(5) for text in (f"Question {turn}", f"Answer {turn}")]
    for number in range(8):
        assert texts(db.messages(f"travel-{number}", roles=["user", "assistant"])) == expected
