"""Runs that pause, are answered and go on, in every storage.

See `kern/db/base.py`. Ana owns the sessions, Cy is another person's customer.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from kern.db.base import Claim, Db
from kern.errors import (
    AlreadyAnsweredError,
    InvalidAnswerError,
    LeaseLostError,
    RunNotContinuableError,
    UnresolvedRequirementsError,
)
from kern.records.message import Message, ToolCall
from kern.records.policy import Policy, Threshold
from kern.records.requirement import InputField
from kern.records.run import RunMetrics
from tests.contract.conftest import AtOnce
from tests.contract.turns import (
    confirmed,
    finish,
    open_turn,
    paused_turn,
    propose,
    requirement,
    stored_run,
)


def test_a_run_pauses_is_answered_claimed_and_finished_by_another_worker(db: Db) -> None:
    run = paused_turn(db)
    assert (run.status, [item.status for item in run.requirements]) == ("paused", ["pending"])
    assert db.claim_run(Claim(run.run_id)) is None
    db.answer_run(run.run_id, confirmed(run))
    assert stored_run(db, run).status == "pending"
    claim = Claim(run.run_id)
    loaded = db.claim_run(claim)
    assert loaded
    assert (loaded.status, loaded.requirements[0].status, len(loaded.messages)) == ("running", "approved", 3)
    call_id = loaded.tools[0].call_id
    assert db.start_call(claim, run.run_id, call_id, {"bag": 7}) is True
    output = Message("tool", "refunded", run_id=run.run_id, tool_call_id=call_id)
    db.finish_call(
        claim, output, failed=False, requirement_id=loaded.requirements[0].requirement_id, requirement_status="executed"
    )
    finish(db, loaded, claim)
    stored = stored_run(db, run)
    assert (stored.status, stored.requirements[0].status) == ("completed", "executed")


def test_a_pause_gives_the_claim_up(db: Db) -> None:
    run, claim = open_turn(db)
    (call,) = propose(db, run, claim, "refund")
    db.pause_run(claim, [requirement(run, call)], RunMetrics(model_calls=1, duration=2.0))
    assert db.renew(claim) == "lost"
    with pytest.raises(LeaseLostError):
        db.append_message(claim, Message("assistant", "Still here", run_id=run.run_id))
    assert stored_run(db, run).metrics == RunMetrics(model_calls=1, duration=2.0)


def test_every_kind_of_requirement_reads_as_it_was_written(db: Db) -> None:
    run, claim = open_turn(db)
    calls = propose(db, run, claim, "refund", "book", "choose", "phone")
    asked = [
        requirement(run, calls[0], question="Refund?", agent_name="Bags"),
        requirement(
            run, calls[1], kind="user_input", fields=[InputField("date", {"type": "string"}, "The day", required=False)]
        ),
        requirement(run, calls[2], kind="user_feedback", options=["Oslo", "Rome"], multiple=True),
        requirement(run, calls[3], kind="external_execution"),
    ]
    db.pause_run(claim, asked, RunMetrics())
    stored = stored_run(db, run).requirements
    for item in stored:
        item.created_at = next(other.created_at for other in asked if other.requirement_id == item.requirement_id)
    assert stored == asked


def test_a_requirement_keeps_its_policy_and_its_end(db: Db) -> None:
    run, claim = open_turn(db)
    policy = Policy("high", 3600.0, 600.0, 2, ("leads",), (Threshold("bag > 5", approvers=2),))
    (call,) = propose(db, run, claim, "refund")
    asked = requirement(run, call, policy=policy, created_at=1.6e9, expires_at=1.6e9 + 3600)
    db.pause_run(claim, [asked], RunMetrics())
    (stored,) = stored_run(db, run).requirements
    assert (stored.policy, stored.expires_at) == (policy, asked.expires_at)


def test_an_approval_by_too_few_people_is_refused_and_nothing_is_stored(db: Db) -> None:
    run, claim = open_turn(db)
    (call,) = propose(db, run, claim, "refund")
    db.pause_run(claim, [requirement(run, call, policy=Policy(approvers=2))], RunMetrics())
    (answer,) = stored_run(db, run).requirements
    answer.status, answer.approved_by, answer.policy = "approved", ["ana", "ana"], Policy()
    with pytest.raises(InvalidAnswerError, match="people must approve"):
        db.answer_run(run.run_id, [answer])
    stored = stored_run(db, run)
    assert (stored.status, stored.requirements[0].status) == ("paused", "pending")


def test_an_answer_too_late_is_refused_and_only_an_expiry_is_taken(db: Db) -> None:
    run, claim = open_turn(db)
    (call,) = propose(db, run, claim, "refund")
    asked = requirement(run, call, policy=Policy(expires_after=60.0), created_at=1.6e9, expires_at=1.6e9 + 60)
    db.pause_run(claim, [asked], RunMetrics())
    (answer,) = stored_run(db, run).requirements
    expired = copy.deepcopy(answer)
    answer.status = "approved"
    with pytest.raises(InvalidAnswerError, match="expired"):
        db.answer_run(run.run_id, [answer])
    expired.expire()
    db.answer_run(run.run_id, [expired])
    assert stored_run(db, run).requirements[0].status == "expired"


def test_answers_of_every_kind_are_kept(db: Db) -> None:
    run, claim = open_turn(db)
    calls = propose(db, run, claim, "refund", "book", "choose", "phone")
    asked = [
        requirement(run, calls[0]),
        requirement(run, calls[1], kind="user_input", fields=[InputField("date")]),
        requirement(run, calls[2], kind="user_feedback", options=["Oslo", "Rome"]),
        requirement(run, calls[3], kind="external_execution"),
    ]
    db.pause_run(claim, asked, RunMetrics())
    answers = stored_run(db, run).requirements
    answers[0].reject("too expensive")
    answers[1].status, answers[1].answer = "answered", {"date": "2026-11-24"}
    answers[2].provide_user_feedback("Rome")
    answers[3].set_external_execution_result("called, all fine")
    db.answer_run(run.run_id, answers)
    stored = db.claim_run(Claim(run.run_id)).requirements
    assert [(item.status, item.answer) for item in stored] == [
        ("rejected", None),
        ("answered", {"date": "2026-11-24"}),
        ("answered", ["Rome"]),
        ("answered", "called, all fine"),
    ]
    assert (stored[0].note, stored[1].fields[0].value) == ("too expensive", "2026-11-24")
    assert all(item.decided_at for item in stored)


def test_an_unanswered_requirement_is_named_and_nothing_is_stored(db: Db) -> None:
    run = paused_turn(db, "refund", "rebook")
    answers = copy.deepcopy(run.requirements)
    answers[0].confirm()
    with pytest.raises(UnresolvedRequirementsError, match="rebook") as raised:
        db.answer_run(run.run_id, answers)
    assert [item.tool_name for item in raised.value.requirements] == ["rebook"]
    with pytest.raises(UnresolvedRequirementsError):
        db.answer_run(run.run_id, answers[:1])
    stored = stored_run(db, run)
    assert (stored.status, [item.status for item in stored.requirements]) == ("paused", ["pending", "pending"])


def test_an_answer_never_replaces_the_stored_arguments_but_keeps_the_edited_ones(db: Db) -> None:
    run = paused_turn(db)
    (answer,) = confirmed(run)
    answer.arguments, answer.tool_name, answer.schema = {"bag": 666}, "drop_tables", {}
    answer.edited_arguments = {"bag": 8}
    db.answer_run(run.run_id, [answer])
    (stored,) = stored_run(db, run).requirements
    assert (stored.arguments, stored.tool_name, stored.edited_arguments) == ({"bag": 7}, "refund", {"bag": 8})
    assert stored.schema == run.requirements[0].schema


def test_an_answer_other_than_the_one_that_stands_is_refused_and_nothing_is_stored(db: Db) -> None:
    run = paused_turn(db)
    first = confirmed(run)
    db.answer_run(run.run_id, first)
    claim = Claim(run.run_id)
    db.claim_run(claim)
    (call,) = propose(db, run, claim, "rebook")
    db.pause_run(claim, [requirement(run, call)], RunMetrics())
    late, second = copy.deepcopy(stored_run(db, run).requirements)
    late.status = "pending"
    late.reject("no!")
    second.confirm()
    with pytest.raises(AlreadyAnsweredError, match="refund") as caught:
        db.answer_run(run.run_id, [late, second])
    assert caught.value.requirement.status == "approved"
    stored = stored_run(db, run)
    assert (stored.status, [item.status for item in stored.requirements]) == ("paused", ["approved", "pending"])
    db.answer_run(run.run_id, [*first, second])
    assert stored_run(db, run).status == "pending"


def test_half_characters_in_a_persons_words_do_no_harm(db: Db) -> None:
    run = paused_turn(db, "refund", "rebook")
    refund, rebook = copy.deepcopy(run.requirements)
    refund.reject("no \ud83d")
    rebook.respond("by hand")
    db.answer_run(run.run_id, [refund, rebook])
    assert [item.note for item in stored_run(db, run).requirements] == ["no ?", ""]


def test_every_text_of_a_record_is_stored_as_every_database_keeps_it(db: Db) -> None:
    odd, kept = "a\x00b\ud83dc\x1bd\u202e", "a\ufffdb?c\x1bd\u202e"
    run, claim = open_turn(db, said=odd)
    call = ToolCall("c", odd, json.dumps({"x": [odd], odd: 1, "big": float("inf")}))
    db.store_answer(claim, Message("assistant", odd, [call], run_id=run.run_id, reasoning=odd), RunMetrics())
    ask = requirement(run, call, kind="user_feedback", question=odd, options=[odd], agent_name=odd)
    ask.arguments = {"x": odd}
    db.pause_run(claim, [ask], RunMetrics())
    stored = stored_run(db, run)
    said, [line], [asked] = stored.messages[-1], stored.tools, stored.requirements
    assert (stored.messages[1].content, said.content, said.reasoning) == (kept,) * 3
    assert (said.tool_calls[0].name, line.tool_name) == (kept, kept)
    assert line.arguments == {"x": [kept], kept: 1, "big": "inf"}
    assert (asked.question, asked.options, asked.agent_name, asked.arguments) == (kept, [kept], kept, {"x": kept})
    asked.provide_user_feedback([kept])
    db.answer_run(run.run_id, [asked])


def test_an_answer_of_another_runs_requirement_counts_nowhere(db: Db) -> None:
    ours, theirs = paused_turn(db), paused_turn(db, session_id="other")
    with pytest.raises(UnresolvedRequirementsError):
        db.answer_run(ours.run_id, confirmed(theirs))
    assert stored_run(db, theirs.run_id).requirements[0].status == "pending"


@pytest.mark.parametrize("end", ["running", "completed", "pending", "cancelled"])
def test_only_a_paused_run_is_continued(db: Db, end: Any) -> None:
    if end in ("running", "completed"):
        run, claim = open_turn(db)
        if end == "completed":
            finish(db, run, claim)
    else:
        run = paused_turn(db)
        db.answer_run(run.run_id, confirmed(run)) if end == "pending" else db.cancel_run(run.run_id)
    with pytest.raises(RunNotContinuableError):
        db.answer_run(run.run_id, [])
    assert stored_run(db, run).status == end


def test_a_second_pause_asks_anew_and_keeps_the_first_answer(db: Db) -> None:
    run = paused_turn(db)
    db.answer_run(run.run_id, confirmed(run))
    claim = Claim(run.run_id)
    loaded = db.claim_run(claim)
    (call,) = propose(db, run, claim, "rebook")
    db.pause_run(claim, [*loaded.requirements, requirement(run, call)], RunMetrics())
    stored = stored_run(db, run)
    assert [(item.tool_name, item.status) for item in stored.requirements] == [("refund", "approved"), ("rebook", "pending")]


def test_of_many_answers_one_wins(db: Db, at_once: AtOnce) -> None:
    run = paused_turn(db)
    outcomes = at_once(*[lambda: db.answer_run(run.run_id, confirmed(run))] * 20)
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, RunNotContinuableError) for outcome in outcomes) == 19


def test_of_many_workers_one_claims_the_run(db: Db, at_once: AtOnce) -> None:
    run = paused_turn(db)
    db.answer_run(run.run_id, confirmed(run))
    claims = [Claim(run.run_id) for _ in range(20)]
    loaded = at_once(*[lambda claim=claim: db.claim_run(claim) for claim in claims])
    winners = [claim for claim, won in zip(claims, loaded, strict=True) if won is not None]
    assert len(winners) == 1
    assert [db.renew(claim) for claim in claims].count("ok") == 1
    assert db.renew(winners[0]) == "ok"
