"""A run from its beginning to its end, in every storage.

See `kern/db/base.py`. Ana owns the sessions, Cy is another person's customer.
"""

from __future__ import annotations

import pytest

from kern.db.base import Claim, Db
from kern.errors import (
    LeaseLostError,
    SessionBusyError,
)
from kern.records.message import Message
from kern.records.run import RunMetrics, RunOutput
from tests.contract.conftest import Storage
from tests.contract.turns import (
    finish,
    member_of,
    open_turn,
    propose,
    requirement,
    stored_run,
    texts,
)


def test_the_customers_words_are_stored_before_anything_else_happens(db: Db) -> None:
    run, _ = open_turn(db, said="Hello 👋 \u0416")
    stored = stored_run(db, run)
    assert (stored.status, stored.session_id, stored.user_id, stored.agent_name) == ("running", "travel", "ana", "Bags")
    assert [(message.role, message.content, message.run_id) for message in stored.messages] == [
        ("system", "You find bags.", run.run_id),
        ("user", "Hello 👋 \u0416", run.run_id),
    ]
    assert [message.message_id for message in stored.messages] == [message.message_id for message in run.messages]


def test_a_finished_run_reads_as_it_was_written(db: Db) -> None:
    run, claim = open_turn(db)
    run.status, run.content, run.model = "completed", "It is in Oslo.", "gpt-5.2"
    run.metrics = RunMetrics(
        input_tokens=10,
        output_tokens=3,
        cached_tokens=4,
        reasoning_tokens=2,
        model_calls=1,
        duration=1.5,
        time_to_first_token=0.25,
    )
    db.finish_run(claim, run, Message("assistant", "It is in Oslo.", run_id=run.run_id, author="Bags"))
    stored = stored_run(db, run)
    assert (stored.status, stored.content, stored.model, stored.error) == ("completed", "It is in Oslo.", "gpt-5.2", "")
    assert stored.metrics == run.metrics
    assert (stored.messages[-1].role, stored.messages[-1].content, stored.messages[-1].author) == (
        "assistant",
        "It is in Oslo.",
        "Bags",
    )
    assert stored.created_at == pytest.approx(run.created_at, abs=0.001)


def test_a_failed_run_keeps_its_reason(db: Db) -> None:
    run, claim = open_turn(db)
    run.status, run.error, run.permanent_error = "error", "no such model", True
    db.finish_run(claim, run)
    stored = stored_run(db, run)
    assert (stored.status, stored.error, stored.permanent_error) == ("error", "no such model", True)


def test_a_cancelled_run_keeps_its_partial_content(db: Db) -> None:
    run, claim = open_turn(db)
    assert db.renew(claim) == "ok"
    assert db.cancel_run(run.run_id) is True
    assert stored_run(db, run).status == "running"
    assert db.renew(claim) == "cancelled"
    finish(db, run, claim, status="cancelled", content="It is in O")
    stored = stored_run(db, run)
    assert (stored.status, stored.content, texts(stored.messages)[-1]) == ("cancelled", "It is in O", "It is in O")
    assert db.cancel_run(run.run_id) is False


def test_a_run_asked_to_stop_before_its_end_is_stored_ends_cancelled_and_keeps_its_words(db: Db) -> None:
    run, claim = open_turn(db)
    assert db.cancel_run(run.run_id) is True
    run.status, run.content = "completed", "It is in Oslo."
    assert db.finish_run(claim, run, Message("assistant", "It is in Oslo.", run_id=run.run_id)) == "cancelled"
    stored = stored_run(db, run)
    assert (stored.status, stored.content, texts(stored.messages)[-1]) == ("cancelled", "It is in Oslo.", "It is in Oslo.")


def test_an_answer_that_a_person_has_sent_is_not_stopped_any_more(db: Db) -> None:
    run, claim = open_turn(db)
    [call] = propose(db, run, claim, "send_answer")
    run.requirements.append(requirement(run, call, reason="draft", status="executed"))
    db.cancel_run(run.run_id)
    finish(db, run, claim)
    assert stored_run(db, run).status == "completed"


def test_a_members_answer_is_stored_as_it_is_though_the_turn_was_asked_to_stop(db: Db) -> None:
    run, claim = open_turn(db, kind="team")
    [call] = propose(db, run, claim, "delegate_to_member")
    member = member_of(run, call, claim, db)
    db.cancel_run(run.run_id)
    finish(db, member, claim)
    assert stored_run(db, member.run_id).status == "completed"


def test_steps_still_land_between_the_request_to_stop_and_the_end(db: Db) -> None:
    run, claim = open_turn(db)
    db.cancel_run(run.run_id)
    propose(db, run, claim, "find_bag")
    assert texts(stored_run(db, run).messages)[-1] == "Let me look."


def test_a_run_that_ended_takes_no_more_writes(db: Db) -> None:
    run, claim = open_turn(db)
    calls = propose(db, run, claim, "find_bag")
    finish(db, run, claim)
    more = Message("assistant", "One more thing", run_id=run.run_id)
    member = RunOutput(session_id="travel", parent_run_id=run.run_id, parent_call_id=calls[0].id)
    for write in (
        lambda: db.append_message(claim, more),
        lambda: db.store_answer(claim, more, RunMetrics()),
        lambda: db.start_call(claim, run.run_id, calls[0].id, {}),
        lambda: db.finish_call(claim, Message("tool", "x", run_id=run.run_id, tool_call_id=calls[0].id), failed=False),
        lambda: db.open_member_run(claim, member),
        lambda: db.pause_run(claim, [requirement(run, calls[0])], RunMetrics()),
        lambda: finish(db, run, claim, content="Another end"),
    ):
        with pytest.raises(LeaseLostError):
            write()
    stored = stored_run(db, run)
    assert (stored.status, stored.content, stored.requirements, stored.member_runs) == ("completed", "It is in Oslo.", [], [])
    assert texts(stored.messages)[2:] == ["Let me look.", "It is in Oslo."]
    assert db.renew(claim) == "lost"


def test_somebody_elses_claim_writes_nothing(db: Db) -> None:
    run, _ = open_turn(db)
    with pytest.raises(LeaseLostError):
        db.append_message(Claim(run.run_id), Message("assistant", "I was never here", run_id=run.run_id))
    assert db.renew(Claim(run.run_id)) == "lost"
    assert len(db.messages("travel")) == 2


def test_runs_of_one_session_overlap_or_the_second_is_refused_whole(db: Db, storage: Storage) -> None:
    first, first_claim = open_turn(db, said="One")
    if storage.one_active_run:
        with pytest.raises(SessionBusyError):
            open_turn(db, said="Two")
        assert texts(db.messages("travel", roles=["user"])) == ["One"]
        return
    second, second_claim = open_turn(db, said="Two")
    finish(db, second, second_claim, content="Two done")
    finish(db, first, first_claim, content="One done")
    assert [(run.content, texts(run.messages)[1:]) for run in db.runs("travel")] == [
        ("One done", ["One", "One done"]),
        ("Two done", ["Two", "Two done"]),
    ]
