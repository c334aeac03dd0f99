"""The journal of tool calls, in every storage.

See `kern/db/base.py`. Ana owns the sessions, Cy is another person's customer.
"""

from __future__ import annotations

from kern.db.base import Claim, Db
from kern.records.message import Message, ToolCall, new_id
from kern.records.run import RunMetrics
from tests.contract.conftest import AtOnce
from tests.contract.turns import (
    confirmed,
    open_turn,
    propose,
    requirement,
    stored_run,
)


def test_a_tool_call_is_journalled_proposed_started_finished(db: Db) -> None:
    run, claim = open_turn(db)
    (call,) = propose(db, run, claim, "find_bag")
    proposed = stored_run(db, run).tools[0]
    assert (proposed.status, proposed.tool_name, proposed.arguments, proposed.started_at) == (
        "proposed",
        "find_bag",
        {"bag": 7},
        None,
    )
    assert db.start_call(claim, run.run_id, call.id, {"bag": 8}) is True
    started = stored_run(db, run).tools[0]
    assert (started.status, started.arguments, started.worker) == ("started", {"bag": 8}, "worker-1")
    db.finish_call(claim, Message("tool", "Oslo", run_id=run.run_id, tool_call_id=call.id, tool_name="find_bag"), failed=False)
    stored = stored_run(db, run)
    assert (stored.tools[0].status, stored.tools[0].result, stored.tools[0].failed) == ("finished", "Oslo", False)
    assert (stored.tools[0].started_at or 0) <= (stored.tools[0].finished_at or 0)
    assert stored.messages[-2].tool_calls == [call]
    assert (stored.messages[-1].role, stored.messages[-1].tool_call_id, stored.messages[-1].tool_name) == (
        "tool",
        call.id,
        "find_bag",
    )
    assert stored.metrics.model_calls == 1


def test_a_call_that_never_ran_is_finished_with_its_reason(db: Db) -> None:
    run, claim = open_turn(db)
    (call,) = propose(db, run, claim, "no_such_tool")
    db.finish_call(claim, Message("tool", "unknown tool", run_id=run.run_id, tool_call_id=call.id), failed=True)
    assert (stored_run(db, run).tools[0].status, stored_run(db, run).tools[0].failed) == ("finished", True)
    assert db.start_call(claim, run.run_id, call.id, {}) is False


def test_arguments_that_are_no_json_are_kept_as_the_model_wrote_them(db: Db) -> None:
    run, claim = open_turn(db)
    call = ToolCall("call-1", "find_bag", '{"bag": ')
    db.store_answer(claim, Message("assistant", tool_calls=[call], run_id=run.run_id), RunMetrics())
    stored = stored_run(db, run)
    assert (stored.messages[-1].tool_calls, stored.tools[0].arguments) == ([call], {})


def test_many_threads_start_a_call_once(db: Db, at_once: AtOnce) -> None:
    run, claim = open_turn(db)
    (call,) = propose(db, run, claim, "refund")
    started = at_once(*[lambda: db.start_call(claim, run.run_id, call.id, {"bag": 7})] * 20)
    assert sorted(started) == [False] * 19 + [True]


def test_an_uncertain_call_starts_again_once_for_one_approval(db: Db) -> None:
    run, claim = open_turn(db)
    (call,) = propose(db, run, claim, "refund")
    db.start_call(claim, run.run_id, call.id, {"bag": 7})
    asked = requirement(run, call, kind="external_execution", reason="uncertain")
    db.pause_run(claim, [asked], RunMetrics())
    db.answer_run(run.run_id, confirmed(stored_run(db, run)))
    claim = Claim(run.run_id)
    db.claim_run(claim)
    again = [
        db.start_call(claim, run.run_id, call.id, {"bag": 7}),
        db.start_call(claim, run.run_id, call.id, {"bag": 7}, requirement_id=asked.requirement_id),
        db.start_call(claim, run.run_id, call.id, {"bag": 7}, requirement_id=asked.requirement_id),
    ]
    assert again == [False, True, False]
    assert stored_run(db, run).requirements[0].status == "executed"


def test_what_the_provider_keeps_for_itself_stays_in_its_run(db: Db) -> None:
    run, claim = open_turn(db)
    opaque = [{"type": "reasoning", "id": "r1"}]
    db.store_answer(claim, Message("assistant", "Hm.", run_id=run.run_id, provider_items=opaque), RunMetrics())
    assert stored_run(db, run).messages[-1].provider_items == opaque
    assert all(not message.provider_items for message in db.history("travel", before_run_id=new_id(), last_n_runs=3))


def test_what_was_thought_is_kept_with_its_run_alone(db: Db) -> None:
    run, claim = open_turn(db)
    thought = "They ask \ud800 for it."
    db.store_answer(claim, Message("assistant", "Hm.", run_id=run.run_id, reasoning=thought), RunMetrics())
    run.status, run.content = "completed", "Yes."
    db.finish_run(claim, run, Message("assistant", "Yes.", run_id=run.run_id, reasoning="It is so."))
    assert stored_run(db, run).reasoning == "They ask ? for it.\n\nIt is so."
    assert db.runs("travel")[-1].reasoning == stored_run(db, run).reasoning
    seen = [*db.messages("travel"), *db.opening("travel"), *db.history("travel", before_run_id=new_id(), last_n_runs=3)]
    assert {"Hm.", "Yes."} <= {message.content for message in seen}
    assert not any(message.reasoning for message in seen)
