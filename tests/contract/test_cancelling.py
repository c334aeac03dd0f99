"""Runs that are cancelled, and runs whose worker is gone, in every storage.

See `kern/db/base.py`. Ana owns the sessions, Cy is another person's customer.
"""

from __future__ import annotations

from typing import Any

import pytest

from kern.db.base import Claim, Db
from kern.errors import (
    LeaseLostError,
    RunNotContinuableError,
)
from kern.records.run import RunMetrics
from tests.contract.conftest import AtOnce, Storage
from tests.contract.turns import (
    confirmed,
    finish,
    interrupted_turn,
    open_turn,
    paused_turn,
    propose,
    requirement,
    stored_run,
    texts,
)


@pytest.mark.parametrize("answered", [False, True], ids=["paused", "pending"])
def test_a_waiting_run_is_cancelled_at_once_with_what_it_asked(db: Db, storage: Storage, answered: Any) -> None:
    run = paused_turn(db, "refund", "rebook")
    if answered:
        db.answer_run(run.run_id, confirmed(run))
    assert db.cancel_run(run.run_id) is True
    stored = stored_run(db, run)
    assert stored.status == "cancelled"
    kept = answered and not storage.drops_approvals
    assert [item.status for item in stored.requirements] == (["approved"] * 2 if kept else ["cancelled"] * 2)
    assert db.claim_run(Claim(run.run_id)) is None
    assert db.cancel_run(run.run_id) is False


def test_a_run_asked_to_stop_does_not_come_to_rest_as_paused(db: Db) -> None:
    run, claim = open_turn(db)
    (call,) = propose(db, run, claim, "refund")
    db.cancel_run(run.run_id)
    db.pause_run(claim, [requirement(run, call)], RunMetrics())
    stored = stored_run(db, run)
    assert (stored.status, stored.requirements[0].status) == ("cancelled", "cancelled")


def test_a_cancel_and_an_answer_at_once_leave_one_cancelled_run(db: Db, at_once: AtOnce) -> None:
    for number in range(5):
        run = paused_turn(db, session_id=f"travel-{number}")
        cancelled, answered = at_once(
            lambda run=run: db.cancel_run(run.run_id), lambda run=run: db.answer_run(run.run_id, confirmed(run))
        )
        assert cancelled is True
        assert answered is None or isinstance(answered, RunNotContinuableError)
        assert stored_run(db, run).status == "cancelled"


def test_a_cancel_and_a_finish_at_once_leave_the_end_that_was_written(db: Db, at_once: AtOnce) -> None:
    for number in range(5):
        run, claim = open_turn(db, f"travel-{number}")
        cancelled, finished = at_once(
            lambda run=run: db.cancel_run(run.run_id), lambda run=run, claim=claim: finish(db, run, claim)
        )
        assert finished is None
        stored = stored_run(db, run)
        assert (stored.status, stored.content) == ("cancelled" if cancelled else "completed", "It is in Oslo.")
        assert db.cancel_run(run.run_id) is False


def test_a_run_whose_worker_is_gone_reads_as_interrupted_everywhere(db: Db) -> None:
    run, _ = interrupted_turn(db)
    stored = stored_run(db, run)
    assert (stored.status, stored.error.split(":")[0]) == ("error", "interrupted")
    assert [run.status for run in db.runs("travel")] == ["error"]
    assert texts(db.messages("travel", roles=["user"])) == ["Where is my bag?"]


def test_a_renewed_lease_keeps_the_run_running(db: Db) -> None:
    run, claim = interrupted_turn(db)
    claim.lease = 60.0
    assert db.renew(claim) == "ok"
    assert stored_run(db, run).status == "running"


def test_many_claims_are_looked_at_in_their_order_and_not_renewed(db: Db) -> None:
    gone, gone_claim = open_turn(db, session_id="gone")
    finish(db, gone, gone_claim)
    _, wanted = open_turn(db, session_id="wanted")
    unwanted_run, unwanted = open_turn(db, session_id="unwanted")
    db.cancel_run(unwanted_run.run_id)
    late_run, late = interrupted_turn(db, session_id="late")
    assert db.look([unwanted, gone_claim, wanted, late]) == ["cancelled", "lost", "ok", "ok"]
    assert stored_run(db, late_run.run_id).status == "error", "looking keeps no run alive"
    assert db.look([]) == []


def test_cancelling_a_run_whose_worker_is_gone_ends_it_or_loses_to_its_late_end(db: Db, at_once: AtOnce) -> None:
    for number in range(5):
        run, claim = interrupted_turn(db, session_id=f"travel-{number}")
        cancelled, finished = at_once(
            lambda run=run: db.cancel_run(run.run_id), lambda run=run, claim=claim: finish(db, run, claim)
        )
        if cancelled:
            assert isinstance(finished, LeaseLostError)
        assert stored_run(db, run).status == ("cancelled" if cancelled else "completed")
