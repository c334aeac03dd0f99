"""What every storage promises the library (kern/db/base.py). Ana owns the sessions, Cy is somebody else's customer."""

from __future__ import annotations

import copy
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from kern.db.base import Claim, Db
from kern.errors import (
    AlreadyAnsweredError,
    InvalidAnswerError,
    InvalidInputError,
    LeaseLostError,
    RunNotContinuableError,
    RunNotFoundError,
    SessionBusyError,
    SessionOwnershipError,
    StorageError,
    UnresolvedRequirementsError,
)
from kern.records.history import LEFT_OUT
from kern.records.message import Message, ToolCall, new_id
from kern.records.policy import Policy, Threshold
from kern.records.requirement import InputField
from kern.records.run import RunMetrics, RunOutput
from kern.session import TeamSession
from tests.contract.conftest import AtOnce, Storage
from tests.contract.turns import (
    confirmed,
    finish,
    interrupted_turn,
    member_of,
    open_turn,
    paused_turn,
    propose,
    requirement,
    stored_run,
    stored_session,
    texts,
    whole_turn,
)

# Sessions and their names ---------------------------------------------------------------------------------------------


def test_the_first_run_makes_the_session_and_later_ones_name_the_run_before(db: Db) -> None:
    first, claim = open_turn(db)
    assert stored_session(db, "travel").previous_run_id is None
    finish(db, first, claim)
    second = RunOutput(session_id="travel", user_id="ana")
    session = db.open_run(second, Claim(second.run_id), kind="agent")
    assert session.previous_run_id == first.run_id
    assert (session.session_id, session.user_id, session.kind, session.agent_id) == ("travel", "ana", "agent", "bags")
    assert (session.name, session.name_source, session.name_version) == (None, None, 0)
    assert session.created_at <= session.updated_at


def test_a_teams_session_is_a_team_session(db: Db) -> None:
    run, _ = open_turn(db, kind="team")
    assert isinstance(db.read_session("travel"), TeamSession)
    assert stored_session(db, "travel").runs[0].run_id == run.run_id


def test_what_is_not_there_is_none_or_empty(db: Db) -> None:
    assert db.read_session("nowhere") is None
    assert db.load_run(new_id()) is None
    assert db.rename_session("nowhere", "Name", "human") is None
    assert db.delete_session("nowhere") is False
    assert db.cancel_run(new_id()) is False
    assert db.claim_run(Claim(new_id())) is None
    assert db.renew(Claim(new_id())) == "lost"
    assert (db.runs("nowhere"), db.messages("nowhere"), db.opening("nowhere"), db.list_sessions()) == ([], [], [], [])
    with pytest.raises(RunNotFoundError):
        db.answer_run(new_id(), [])


def test_another_users_session_takes_no_run_and_stays_as_it_was(db: Db) -> None:
    whole_turn(db, user_id="ana")
    before = stored_session(db, "travel").updated_at
    with pytest.raises(SessionOwnershipError):
        open_turn(db, said="Let me in", user_id="cy")
    assert len(db.runs("travel")) == 1
    assert texts(db.messages("travel")) == ["You find bags.", "Where is my bag?", "It is in Oslo."]
    assert stored_session(db, "travel").updated_at == before


def test_a_session_without_a_user_takes_anybodys_run_and_stays_without_one(db: Db) -> None:
    whole_turn(db, user_id=None)
    whole_turn(db, user_id="ana")
    assert stored_session(db, "travel").user_id is None
    assert [run.user_id for run in db.runs("travel")] == [None, "ana"]


def test_a_run_without_a_user_is_welcome_in_a_users_session(db: Db) -> None:
    whole_turn(db, user_id="ana")
    whole_turn(db, user_id=None)
    assert stored_session(db, "travel").user_id == "ana"


def test_sessions_are_listed_last_used_first_a_page_at_a_time(db: Db) -> None:
    for session_id, user_id in [("one", "ana"), ("two", "cy"), ("three", "ana")]:
        whole_turn(db, session_id, user_id=user_id)
    whole_turn(db, "one")
    assert [session.session_id for session in db.list_sessions()] == ["one", "three", "two"]
    assert [session.session_id for session in db.list_sessions("ana")] == ["one", "three"]
    first = db.list_sessions(limit=2)
    assert [session.session_id for session in db.list_sessions(limit=2, before=first[-1].updated_at)] == ["two"]


def listed(db: Db, **wanted: Any) -> list[list[str]]:
    """The ids of all pages, one after the other."""
    page = db.list_sessions(**wanted)
    pages = [page]
    while page.has_more:
        page = db.list_sessions(**wanted, before=page.next)
        pages.append(page)
    return [[session.session_id for session in page] for page in pages]


def test_pages_of_sessions_say_that_there_is_more_and_go_on_where_they_ended(db: Db) -> None:
    for session_id, user_id in [("one", "ana"), ("two", "cy"), ("three", "ana"), ("four", "ana")]:
        whole_turn(db, session_id, user_id=user_id)
    whole_turn(db, "one")
    assert listed(db, limit=2) == [["one", "four"], ["three", "two"]]
    assert listed(db, user_id="ana", limit=2) == [["one", "four"], ["three"]]
    assert listed(db, limit=3, order="created") == [["four", "three", "two"], ["one"]]
    assert listed(db, user_id="ana", limit=1, order="created") == [["four"], ["three"], ["one"]]
    assert db.list_sessions(limit=0).has_more
    assert not db.list_sessions("nobody", limit=0).has_more


def test_pages_by_age_stand_still_while_sessions_are_used_begun_and_deleted(db: Db) -> None:
    for number in range(4):
        whole_turn(db, f"s{number}")
    first = db.list_sessions(limit=2, order="created")
    whole_turn(db, "s1")
    whole_turn(db, "new")
    db.delete_session("s2")
    rest = db.list_sessions(limit=2, order="created", before=first.next)
    assert [session.session_id for session in [*first, *rest]] == ["s3", "s2", "s1", "s0"]


@pytest.mark.parametrize("given", [42, uuid.UUID("9e0fe5e8-6c3c-4a3c-9e1b-2f7cbd2a0c11")])
def test_numbers_and_uuids_are_ids_as_text(db: Db, given: Any) -> None:
    for number in range(2):
        run = RunOutput(session_id=given, user_id=given, messages=[Message("user", f"Question {number}")])
        claim = Claim(run.run_id)
        db.open_run(run, claim, kind="agent")
        finish(db, run, claim, answer=False)
    assert (stored_session(db, given).session_id, stored_session(db, str(given)).user_id) == (str(given), str(given))
    assert [session.session_id for session in db.list_sessions(given)] == [str(given)]
    assert len(db.runs(given)) == len(db.messages(given, roles=["user"])) == len(db.opening(given, 2)) == 2
    assert db.rename_session(given, "Named", "human").name == "Named"
    assert db.delete_session(given)


@pytest.mark.parametrize("bad", ["", "  ", "\u200b", "a\x00b", "\ud83d", "x" * 201, True, 1.5, b"ana"])
def test_what_is_no_id_is_refused_by_every_storage_and_nothing_is_stored(db: Db, bad: Any) -> None:
    whole_turn(db)
    attempts: list[Callable[[], object]] = [
        lambda: open_turn(db, bad),
        lambda: open_turn(db, user_id=bad),
        lambda: db.read_session(bad),
        lambda: db.list_sessions(bad),
        lambda: db.rename_session(bad, "Name", "human"),
        lambda: db.delete_session(bad),
        lambda: db.runs(bad),
        lambda: db.messages(bad),
        lambda: db.opening(bad),
    ]
    for attempt in attempts:
        with pytest.raises(InvalidInputError):
            attempt()
    assert len(db.list_sessions()) == 1
    assert len(db.runs("travel")) == 1


def test_the_longest_ids_in_every_script_are_kept(db: Db) -> None:
    for key in ("x" * 200, "\U0001f44d" * 200, "Grüße/会話 7"):
        whole_turn(db, key, user_id=key)
        assert stored_session(db, key).user_id == key


def test_a_rename_writes_the_name_and_nothing_else(db: Db) -> None:
    whole_turn(db)
    before = stored_session(db, "travel")
    after = db.rename_session("travel", "Lost bag, Oslo", "human")
    assert (after.name, after.name_source, after.name_version) == ("Lost bag, Oslo", "human", 1)
    assert (after.updated_at, after.user_id) == (before.updated_at, before.user_id)
    assert stored_session(db, "travel") == after


def test_a_rename_survives_the_run_in_flight(db: Db) -> None:
    run, claim = open_turn(db)
    db.rename_session("travel", "Lost bag", "human")
    finish(db, run, claim)
    assert stored_session(db, "travel").name == "Lost bag"


def test_a_rename_that_expects_an_older_version_changes_nothing(db: Db) -> None:
    whole_turn(db)
    db.rename_session("travel", "By a person", "human")
    late = db.rename_session("travel", "By a model", "auto", expected_version=0)
    assert (late.name, late.name_source, late.name_version) == ("By a person", "human", 1)
    assert db.rename_session("travel", "By another", "human", expected_version=1).name == "By another"


def test_of_many_renames_that_expect_one_version_one_wins(db: Db, at_once: AtOnce) -> None:
    whole_turn(db)
    names = [f"Name {number}" for number in range(20)]
    seen = at_once(*[lambda name=name: db.rename_session("travel", name, "auto", expected_version=0).name for name in names])
    assert stored_session(db, "travel").name_version == 1
    assert set(seen) == {stored_session(db, "travel").name}


def test_a_deleted_session_takes_all_it_held_and_a_run_in_flight_cannot_bring_it_back(db: Db) -> None:
    whole_turn(db)
    waiting = paused_turn(db, session_id="waits")
    run, claim = open_turn(db)
    assert db.delete_session("travel") is True
    assert db.delete_session("waits") is True
    assert (db.read_session("travel"), db.runs("travel"), db.messages("travel"), db.load_run(run.run_id)) == (
        None,
        [],
        [],
        None,
    )
    assert db.load_run(waiting.run_id) is None
    with pytest.raises(LeaseLostError):
        finish(db, run, claim)
    assert db.renew(claim) == "lost"
    assert db.read_session("travel") is None


# A run from its beginning to its end ----------------------------------------------------------------------------------


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


# Tools ----------------------------------------------------------------------------------------------------------------


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


# Pausing and going on -------------------------------------------------------------------------------------------------


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


# Cancelling, losing the worker ----------------------------------------------------------------------------------------


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


# Members --------------------------------------------------------------------------------------------------------------


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


# Reading --------------------------------------------------------------------------------------------------------------


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
