"""Runs of a team's members, in every storage.

See `kern/db/base.py`. Ana owns the sessions, Cy is another person's customer.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from kern.db.base import Claim, Db
from kern.errors import (
    LeaseLostError,
    RunNotContinuableError,
    StorageError,
)
from kern.records.message import Message
from kern.records.run import RunMetrics
from tests.contract.turns import (
    confirmed,
    finish,
    member_of,
    open_turn,
    propose,
    requirement,
    stored_run,
    texts,
)


def test_a_members_run_hangs_below_its_leaders(db: Db) -> None:
    run, claim = open_turn(db, kind="team")
    calls = propose(db, run, claim, "delegate", "delegate")
    first, second = (member_of(run, call, claim, db) for call in calls)
    finish(db, first, claim, content="Traced")
    stored = stored_run(db, run)
    assert [(item.run_id, item.parent_call_id, item.status, item.content) for item in stored.member_runs] == [
        (first.run_id, calls[0].id, "completed", "Traced"),
        (second.run_id, calls[1].id, "running", ""),
    ]
    assert texts(stored.member_runs[0].messages) == ["Trace bag 7", "Traced"]
    assert "Traced" not in texts(stored.messages)
    assert [item.run_id for item in db.runs("travel")] == [run.run_id]
    assert (stored_run(db, first.run_id).status, stored_run(db, first.run_id).parent_run_id) == ("completed", run.run_id)
    assert db.renew(claim) == "ok"


def test_a_member_is_opened_once_a_call(db: Db) -> None:
    run, claim = open_turn(db, kind="team")
    (call,) = propose(db, run, claim, "delegate")
    member_of(run, call, claim, db)
    with pytest.raises(StorageError):
        member_of(run, call, claim, db)
    assert len(stored_run(db, run).member_runs) == 1


def test_a_members_question_pauses_the_team_and_its_answer_continues_it(db: Db) -> None:
    run, claim = open_turn(db, kind="team")
    (delegation,) = propose(db, run, claim, "delegate")
    member = member_of(run, delegation, claim, db)
    (call,) = propose(db, member, claim, "refund")
    db.pause_run(claim, [requirement(member, call, root=run.run_id)], RunMetrics())
    paused = stored_run(db, run)
    assert (paused.status, paused.member_runs[0].status) == ("paused", "paused")
    assert [item.tool_name for item in paused.requirements] == ["refund"]
    assert paused.member_runs[0].requirements[0] is paused.requirements[0], "one question, whoever looks at it"
    with pytest.raises(RunNotContinuableError):
        db.answer_run(member.run_id, confirmed(paused))
    db.answer_run(run.run_id, confirmed(paused))
    again = Claim(run.run_id)
    assert db.claim_run(again).member_runs[0].tools[0].call_id == call.id
    assert db.start_call(again, member.run_id, call.id, {"bag": 7}) is True
    db.finish_call(again, Message("tool", "refunded", run_id=member.run_id, tool_call_id=call.id), failed=False)
    finish(db, member, again, content="Refunded")
    finish(db, run, again)
    stored = stored_run(db, run)
    assert (stored.status, stored.member_runs[0].status) == ("completed", "completed")


@pytest.mark.parametrize("end", ["error", "cancelled"])
def test_members_and_their_questions_end_with_their_leaders_run(db: Db, end: Any) -> None:
    run, claim = open_turn(db, kind="team")
    calls = propose(db, run, claim, "delegate", "delegate")
    done, busy = (member_of(run, call, claim, db) for call in calls)
    finish(db, done, claim, content="Traced")
    below = member_of(busy, propose(db, busy, claim, "delegate")[0], claim, db)
    finish(db, run, claim, status=end, answer=False)
    stored = stored_run(db, run)
    assert [member.status for member in stored.member_runs] == ["completed", end]
    assert [(member.run_id, member.status) for member in stored.member_runs[1].member_runs] == [(below.run_id, end)]


def test_cancelling_a_paused_team_ends_its_members(db: Db) -> None:
    run, claim = open_turn(db, kind="team")
    member = member_of(run, propose(db, run, claim, "delegate")[0], claim, db)
    db.pause_run(claim, [requirement(member, propose(db, member, claim, "refund")[0], root=run.run_id)], RunMetrics())
    db.cancel_run(run.run_id)
    stored = stored_run(db, run)
    assert (stored.status, stored.member_runs[0].status, stored.requirements[0].status) == ("cancelled",) * 3


def test_a_members_run_is_interrupted_with_its_leaders(db: Db) -> None:
    run, claim = open_turn(db, kind="team", lease=0.01)
    member = member_of(run, propose(db, run, claim, "delegate")[0], claim, db)
    while stored_run(db, run).status == "running":
        time.sleep(0.01)
    assert stored_run(db, run).member_runs[0].status == "error"
    assert stored_run(db, member.run_id).status == "error"


def test_a_claim_is_no_good_for_another_runs_member(db: Db) -> None:
    _, our_claim = open_turn(db, kind="team")
    theirs, their_claim = open_turn(db, "other", kind="team")
    member = member_of(theirs, propose(db, theirs, their_claim, "delegate")[0], their_claim, db)
    with pytest.raises(LeaseLostError):
        db.append_message(our_claim, Message("assistant", "Not mine", run_id=member.run_id))
    assert texts(stored_run(db, member.run_id).messages) == ["Trace bag 7"]
