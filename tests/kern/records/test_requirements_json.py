"""Requirements go to JSON and back, and what comes back answers without changing what was asked (rules L8, L21)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import (
    AlreadyAnsweredError,
    InvalidAnswerError,
    KernError,
    RunNotFoundError,
    SessionNotFoundError,
    SessionOwnershipError,
    UnresolvedRequirementsError,
    WrongTypeError,
)
from kern.records.policy import Policy, Threshold
from kern.records.requirement import InputField, Requirement
from kern.records.run import RunOutput
from kern.testing import ScriptedModel, call
from kern.tools import ask_user, tool
from tests.kern.conftest import ANA, CY


def asks(**more: Any) -> Requirement:
    parts: dict[str, Any] = {"kind": "confirmation", "run_id": "r", "root_run_id": "r", "session_id": "s", "call_id": "c"}
    return Requirement(**{**parts, "tool_name": "refund", "arguments": {"amount": 5, "to": "Ørsted"}, **more})


def over_the_wire(item: Requirement) -> Requirement:
    return Requirement.from_dict(json.loads(json.dumps(item.to_dict())))


def test_a_requirement_goes_to_json_and_back_as_it_was() -> None:
    policy = Policy(risk="high", approvers=2, roles=("manager",), thresholds=(Threshold("amount > 500"),))
    field = InputField("card", {"type": "string"}, "Which card", value="visa")
    item = asks(policy=policy, fields=[field], options=["a", "b"], multiple=True, note="n", expires_at=4e9)
    assert over_the_wire(item) == item


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("confirmation", lambda item: item.confirm()),
        ("confirmation", lambda item: item.reject(note="no \ud83d")),
        ("confirmation", lambda item: item.edit({"amount": 4})),
        ("confirmation", lambda item: item.respond("Done by hand.")),
        ("user_input", lambda item: item.provide_user_input({"card": "visa"})),
        ("user_feedback", lambda item: item.provide_user_feedback("window")),
        ("external_execution", lambda item: item.set_external_execution_result("paid")),
    ],
)
def test_an_answer_survives_json(kind: Any, answer: Callable[[Requirement], None]) -> None:
    item = asks(kind=kind, fields=[InputField("card", {"type": "string"})], options=["window", "aisle"])
    answer(item)
    assert over_the_wire(item) == item


def test_what_json_does_not_know_becomes_text() -> None:
    item = asks(arguments={"day": date(2026, 11, 30), "rate": float("nan")})
    assert over_the_wire(item).arguments == {"day": "2026-11-30", "rate": "nan"}


@pytest.mark.parametrize("data", [None, "confirm", 5, b"{}", [], [{}]])
def test_what_is_no_object_is_no_requirement(data: Any) -> None:
    with pytest.raises(WrongTypeError, match="a requirement is an object"):
        Requirement.from_dict(data)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"kind": "wish"}, "kind must be one of confirmation"),
        ({"status": "fine"}, "status must be one of pending"),
        ({"status": ["approved"]}, "status must be one of"),
        ({"call_id": 7}, "call_id must be text"),
        ({"arguments": "{}"}, "arguments must be an object"),
        ({"edited_arguments": []}, "edited_arguments must be an object or null"),
        ({"fields": [{}]}, "fields must be a list of objects with a name"),
        ({"options": "yes"}, "options must be a list of texts"),
        ({"policy": {"risk": "huge"}}, "policy must be one"),
        ({"policy": {"thresholds": [{"when": 1}]}}, "policy must be one"),
        ({"decided_at": "now"}, "decided_at must be seconds"),
        ({"created_at": float("inf")}, "created_at must be seconds"),
        ({"multiple": "yes"}, "multiple must be true or false"),
    ],
)
def test_each_wrong_key_is_named(changes: dict[str, Any], wrong: str) -> None:
    with pytest.raises(InvalidAnswerError, match=wrong) as refused:
        Requirement.from_dict({**asks().to_dict(), **changes})
    assert list(refused.value.errors) == list(changes)


def test_missing_keys_are_named_and_unknown_ones_ignored() -> None:
    with pytest.raises(InvalidAnswerError, match="requirement_id is missing"):
        Requirement.from_dict({"kind": "confirmation"})
    assert Requirement.from_dict({**asks(requirement_id="q").to_dict(), "more": 1}).requirement_id == "q"


# In another process -------------------------------------------------------------------------------------------------------

done: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_done_yet() -> None:
    done.clear()


@tool(requires_confirmation=True)
def refund(amount: int, to: str = "card") -> str:
    """Refund an amount."""
    done.append(f"{amount} to {to}")
    return "refunded"


@tool(requires_user_input=True, user_input_fields=["locker"])
def store_bag(tag: str, locker: int) -> str:
    """Store a bag in a locker."""
    done.append(f"{tag} in {locker}")
    return "stored"


def agent_on(db: SqliteDb, *replies: Any) -> Agent:
    return Agent(ScriptedModel(list(replies)), db=db, tools=[refund, store_bag, ask_user])


def paused(db: SqliteDb, name: str = "refund", **arguments: Any) -> RunOutput:
    return agent_on(db, call(name, **(arguments or {"amount": 5}))).run("Please", session_id="s", user_id=ANA)


def sent(run: RunOutput) -> list[dict[str, Any]]:
    """What a page got, as it comes back unanswered."""
    read: list[dict[str, Any]] = json.loads(json.dumps([item.to_dict() for item in run.requirements]))
    return read


def test_a_run_continues_with_answers_from_json(db: SqliteDb) -> None:
    run = paused(db)
    answers = [Requirement.from_dict(item) for item in sent(run)]
    answers[0].confirm()
    as_json = [item.to_dict() for item in answers]
    assert agent_on(db, "Done.").continue_run(run.run_id, as_json).content == "Done."
    assert done == ["5 to card"]


def test_json_answers_the_question_and_changes_neither_tool_nor_arguments(db: SqliteDb) -> None:
    run = paused(db)
    [item] = sent(run)
    forged = {
        **item,
        "tool_name": "store_bag",
        "arguments": {"amount": 999},
        "schema": {},
        "policy": None,
        "status": "approved",
    }
    agent_on(db, "Done.").continue_run(run.run_id, [forged])
    assert done == ["5 to card"]


@pytest.mark.parametrize(
    "forged",
    [
        {"status": "approved", "edited_arguments": {"amount": "much"}},
        {"status": "approved", "edited_arguments": {"amount": 5, "from": "till"}},
        {"status": "approved", "edited_arguments": {"amount": "much"}, "schema": {}},
        {"status": "executed"},
        {"status": "answered", "answer": {"amount": 7}},
        {"status": "answered", "answer": {"response": ""}},
        {"status": "answered", "answer": None},
    ],
)
def test_an_answer_that_no_person_can_give_is_refused_and_nothing_is_stored(db: SqliteDb, forged: dict[str, Any]) -> None:
    run = paused(db)
    with pytest.raises(InvalidAnswerError):
        agent_on(db).continue_run(run.run_id, [{**sent(run)[0], **forged}])
    assert db.load_run(run.run_id).requirements[0].status == "pending"
    assert done == []


@pytest.mark.parametrize(
    "forged",
    [
        {"status": "approved"},
        {"status": "answered", "answer": {"locker": "nine"}},
        {"status": "answered", "answer": {"locker": 9, "tag": "OTHER"}},
        {"status": "answered", "answer": {"locker": 9, "tag": "OTHER"}, "fields": [{"name": "locker"}, {"name": "tag"}]},
    ],
)
def test_input_is_checked_against_the_stored_fields(db: SqliteDb, forged: dict[str, Any]) -> None:
    run = paused(db, "store_bag", tag="K7")
    with pytest.raises(InvalidAnswerError):
        agent_on(db).continue_run(run.run_id, [{**sent(run)[0], **forged}])
    agent_on(db, "Done.").continue_run(run.run_id, [{**sent(run)[0], "status": "answered", "answer": {"locker": 9}}])
    assert done == ["K7 in 9"]


def test_a_choice_is_checked_against_the_stored_options(db: SqliteDb) -> None:
    run = paused(db, "ask_user", question="Where?", options=["window", "aisle"])
    forged = {**sent(run)[0], "status": "answered", "answer": ["wing"], "options": ["wing"]}
    with pytest.raises(InvalidAnswerError, match="not an option"):
        agent_on(db).continue_run(run.run_id, [forged])


def test_another_answer_from_json_than_the_one_that_stands_is_refused(db: SqliteDb) -> None:
    run = paused(db)
    run.requirements[0].confirm()
    db.answer_run(run.run_id, run.requirements)
    with pytest.raises(AlreadyAnsweredError):
        agent_on(db, "Done.").continue_run(run.run_id, [{**sent(run)[0], "status": "rejected"}])


@pytest.mark.parametrize("given", ["confirm", {}, 5, b"[]", {"requirements": []}])
def test_what_is_no_list_of_requirements_is_refused(db: SqliteDb, given: Any) -> None:
    run = paused(db)
    with pytest.raises(WrongTypeError, match="requirements is a list"):
        agent_on(db).continue_run(run.run_id, given)
    with pytest.raises(WrongTypeError, match="requirements is a list"):
        agent_on(db).continue_run(run.run_id, run.requirements[0])  # type: ignore[call-overload]


# The session of a run -----------------------------------------------------------------------------------------------------


def test_continue_run_takes_the_runs_session_and_no_other(db: SqliteDb) -> None:
    run = paused(db)
    run.requirements[0].confirm()
    agent_on(db, "Hello.").run("Hi", session_id="other", user_id=ANA)
    agent_on(db, "Hello.").run("Hi", session_id="theirs", user_id=CY)
    wrong: list[tuple[dict[str, str], type[KernError]]] = [
        ({"session_id": "other"}, RunNotFoundError),
        ({"session_id": "nowhere"}, SessionNotFoundError),
        ({"session_id": "theirs", "user_id": ANA}, SessionOwnershipError),
        ({"session_id": "s", "user_id": CY}, SessionOwnershipError),
    ]
    for where, error in wrong:
        with pytest.raises(error):
            agent_on(db).continue_run(run.run_id, run.requirements, **where)  # type: ignore[call-overload]
        with pytest.raises(error):
            agent_on(db).cancel_run(run.run_id, **where)
    with pytest.raises(UnresolvedRequirementsError):
        agent_on(db).continue_run(run.run_id, session_id="s")
    answered = agent_on(db, "Done.").continue_run(run.run_id, run.requirements, session_id="s", user_id=ANA)
    assert answered.content == "Done."


def test_two_answers_that_contradict_each_other_are_refused_and_nothing_is_stored(db: SqliteDb) -> None:
    run = paused(db, amount=5)
    [asked] = sent(run)
    yes, no = {**asked, "status": "approved"}, {**asked, "status": "rejected"}
    with pytest.raises(InvalidAnswerError, match="is answered twice, in two ways"):
        agent_on(db, "Done.").continue_run(run.run_id, [no, yes])
    assert (done, db.load_run(run.run_id).status) == ([], "paused")
    assert agent_on(db, "Done.").continue_run(run.run_id, [yes, yes]).content == "Done."
