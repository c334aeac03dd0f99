"""What a tool says about how it is decided, and what becomes of it in a requirement."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import AlreadyAnsweredError, InvalidAnswerError
from kern.records.policy import Policy, Threshold
from kern.records.requirement import Requirement
from kern.testing import ScriptedModel, call
from kern.tools import tool

paid: list[float] = []


@pytest.fixture(autouse=True)
def _nothing_paid() -> None:
    paid.clear()


@tool(requires_confirmation=True, risk="low", expires_after=timedelta(hours=2), remind_before=600, thresholds=["amount > 500"])
def refund(amount: float) -> str:
    """Refund an amount."""
    paid.append(amount)
    return "refunded"


@dataclass
class Bag:
    kilos: float = 23.0


def lookup(reference: str) -> str:
    """Look up a booking."""
    return reference


def agent_on(db: SqliteDb, *replies: Any) -> Agent:
    return Agent(ScriptedModel(list(replies)), db=db, name="Desk", tools=[refund])


def asked(amount: float, policy: Policy | None = None, **more: Any) -> Requirement:
    return Requirement(
        kind="confirmation",
        run_id="r",
        root_run_id="r",
        session_id="s",
        call_id="c",
        tool_name="refund",
        arguments={"amount": amount},
        schema=refund.parameters,
        policy=policy or refund.policy,
        **more,
    )


def test_a_tools_policy_is_what_its_decorator_says() -> None:
    assert refund.policy == Policy("low", expires_after=7200.0, remind_before=600, thresholds=(Threshold("amount > 500"),))
    assert tool(lookup).policy == Policy()
    assert tool(risk="high")(lookup).policy.risk == "high"


@pytest.mark.parametrize(
    "options",
    [
        {"approvers": 2},
        {"thresholds": ["amount > 5"]},
        {"roles": ["leads"]},
        {"expires_after": 60},
        {"requires_user_input": True, "approvers": 2},
        {"external_execution": True, "thresholds": ["amount > 5"]},
        {"requires_confirmation": True, "approvers": 3},
        {"requires_confirmation": True, "risk": "none"},
        {"requires_confirmation": True, "expires_after": 0},
        {"requires_confirmation": True, "remind_before": 60},
        {"requires_confirmation": True, "expires_after": 60, "remind_before": 60},
        {"requires_confirmation": True, "thresholds": ["a lot of money"]},
        {"requires_confirmation": True, "thresholds": "amount > 5"},
        {"requires_confirmation": True, "roles": "leads"},
    ],
)
def test_a_policy_that_could_not_hold_is_refused_where_it_is_written(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        tool(**options)(lookup)


def test_a_question_carries_the_policy_and_says_until_when(db: SqliteDb) -> None:
    before = time.time()
    run = agent_on(db, call("refund", amount=20)).run("Refund me", session_id="s")
    stored = db.load_run(run.run_id)
    assert stored is not None
    [requirement] = stored.requirements
    assert requirement == run.requirements[0]
    assert requirement.policy == refund.policy
    assert requirement.expires_at == requirement.created_at + 7200.0
    assert before <= requirement.created_at <= time.time()


def test_past_a_threshold_two_different_people_must_confirm(db: SqliteDb) -> None:
    run = agent_on(db, call("refund", amount=501)).run("Refund me", session_id="s")
    [requirement] = run.requirements
    assert requirement.approvers_needed == 2
    with pytest.raises(InvalidAnswerError, match="2 different people"):
        requirement.confirm()
    requirement.confirm(by="ana")
    assert requirement.needs_confirmation
    with pytest.raises(InvalidAnswerError, match="ana has approved"):
        requirement.confirm(by="ana")
    requirement.confirm(by="ben")
    agent_on(db, "Done.").continue_run(run.run_id, [requirement])
    stored = db.load_run(run.run_id)
    assert stored is not None
    assert (paid, stored.requirements[0].approved_by) == ([501.0], ["ana", "ben"])


@pytest.mark.parametrize(
    ("amount", "approvers"),
    [(10**400, 2), (-(10**400), 1), ("9" * 5_000, 2), ("nan", 2), (True, 2), (500, 1), ("500.01", 2)],
    ids=["huge", "hugely negative", "huge text", "no number", "no amount", "at it", "past it"],
)
def test_a_threshold_measures_every_amount(amount: Any, approvers: int) -> None:
    assert asked(amount).approvers_needed == approvers


def test_numbers_too_large_for_floats_are_still_told_apart() -> None:
    assert Threshold(f"amount == {10**17}").holds_for({"amount": 10**17})
    assert not Threshold("amount == 5").holds_for({"amount": 10**400})
    assert Threshold("amount != 5").holds_for({"amount": 10**400})


def test_an_edit_voids_the_first_approval_and_is_measured_itself() -> None:
    requirement = asked(501)
    requirement.confirm(by="ana")
    requirement.edit({"amount": 502})
    requirement.confirm(by="ana")
    assert requirement.needs_confirmation
    requirement.edit({"amount": 20})
    requirement.confirm()
    assert requirement.status == "approved"
    raised = asked(20)
    raised.edit({"amount": 800})
    with pytest.raises(InvalidAnswerError, match="2 different people"):
        raised.confirm()


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("x > 500", "a lot"),
        ("x > 500", [600]),
        ("x <= 5", {"amount": 600}),
        ("x > 500", True),
        ("x == true", True),
        ("x == True", True),
        ("x != true", False),
        ("x == 'false'", False),
        ("x == 5", "5.0"),
        ("x == cash", "cash"),
    ],
)
def test_a_threshold_holds_for_what_it_means_and_for_what_it_can_not_measure(condition: str, value: Any) -> None:
    assert Threshold(condition).holds_for({"x": value})


@pytest.mark.parametrize("condition", ["items.cents > 500", "items.1.cents > 500", "items.cents.more > 5", "items > 500"])
def test_a_threshold_looks_into_lists(condition: str) -> None:
    assert Threshold(condition).holds_for({"items": [{"cents": 5}, {"cents": 501}]})
    assert not Threshold("items.cents > 501").holds_for({"items": [{"cents": 5}, {"cents": 501}]})
    assert not Threshold("items.2.cents > 5").holds_for({"items": [{"cents": 5}, {"cents": 501}]})


@pytest.mark.parametrize(("condition", "value"), [("x > 500", 500), ("x == true", False), ("x != true", True), ("x > 5", None)])
def test_a_threshold_holds_for_nothing_else(condition: str, value: Any) -> None:
    assert not Threshold(condition).holds_for({"x": value})


def test_what_is_left_out_counts_as_its_default() -> None:
    def ship(bag: Bag, amount: float = 1000.0) -> None:
        """Ship a bag."""

    policy, schema = Policy(thresholds=(Threshold("amount > 500"),)), tool(ship).parameters
    left_out = asked(0, policy)
    left_out.arguments, left_out.schema = {"bag": {}}, schema
    assert left_out.approvers_needed == 2
    with pytest.raises(InvalidAnswerError, match="2 different people"):
        left_out.confirm()
    assert policy.demand({"bag": {}, "amount": 20}, schema).approvers == 1
    assert Policy(thresholds=(Threshold("bag.kilos > 20"),)).demand({"bag": {}}, schema).approvers == 2


def test_what_is_emptied_is_measured_by_its_default() -> None:
    requirement = asked(600)
    requirement.schema = {"properties": {"amount": {"type": "number", "default": 1000}}}
    requirement.edit({})
    with pytest.raises(InvalidAnswerError, match="2 different people"):
        requirement.confirm()


def test_of_two_policies_each_point_is_the_stricter_one() -> None:
    loose, strict = Policy("low", expires_after=60, roles=("leads",)), Policy("high", expires_after=5, approvers=2)
    assert loose.tightened(strict) == Policy("high", expires_after=5, approvers=2, roles=("leads",))
    assert Policy(roles=("leads", "cashiers")).tightened(Policy(roles=("cashiers", "clerks"))).roles == ("cashiers",)


def test_where_two_policies_name_different_roles_nobody_has_both() -> None:
    assert Policy(roles=("leads",)).tightened(Policy(roles=("clerks",))).roles == ("nobody",)


@pytest.mark.parametrize(
    ("more", "status", "answer", "lets_run"),
    [
        ({}, "approved", None, True),
        ({}, "rejected", None, False),
        ({}, "answered", {"response": "Paid."}, False),
        ({"kind": "user_input"}, "answered", {"amount": 5}, True),
        ({"kind": "user_feedback"}, "answered", ["yes"], False),
        ({"kind": "external_execution"}, "answered", "12", False),
        ({"reason": "draft"}, "answered", {"response": "Hello."}, True),
    ],
)
def test_an_answer_says_whether_it_lets_anything_happen(more: dict[str, Any], status: Any, answer: Any, lets_run: bool) -> None:
    requirement = replace(asked(5), **more)
    requirement.status, requirement.answer = status, answer
    assert requirement.lets_run is lets_run


def test_a_storage_counts_approvers_by_its_own_record(db: SqliteDb) -> None:
    run = agent_on(db, call("refund", amount=501)).run("Refund me", session_id="s")
    [requirement] = run.requirements
    requirement.arguments, requirement.policy = {"amount": 1}, Policy()
    requirement.confirm(by="cy")
    with pytest.raises(InvalidAnswerError, match="2 different people"):
        agent_on(db).continue_run(run.run_id, [requirement])
    stored = db.load_run(run.run_id)
    assert stored is not None
    assert (stored.status, stored.requirements[0].status, paid) == ("paused", "pending", [])


def test_too_late_nobody_answers_and_it_is_no_rejection(db: SqliteDb) -> None:
    requirement = asked(20, expires_at=time.time() - 1)
    answers: list[Callable[[], object]] = [requirement.confirm, requirement.reject, lambda: requirement.respond("It is done.")]
    for answer in answers:
        with pytest.raises(InvalidAnswerError, match="expired"):
            answer()
    requirement.expire()
    assert requirement.is_resolved
    with pytest.raises(AlreadyAnsweredError):
        requirement.confirm()


def test_an_answer_that_arrives_too_late_is_not_stored(db: SqliteDb) -> None:
    quick = tool(requires_confirmation=True, expires_after=0.05)(lookup)
    agent = Agent(ScriptedModel([call("lookup", reference="K7QX2M"), "Nobody had time."]), db=db, tools=[quick])
    run = agent.run("Look", session_id="s")
    [requirement] = run.requirements
    requirement.confirm()
    while requirement.expires_at and time.time() < requirement.expires_at:
        time.sleep(0.01)
    with pytest.raises(InvalidAnswerError, match="expired"):
        agent.continue_run(run.run_id, [requirement])
    stored = db.load_run(run.run_id)
    assert stored is not None
    stored.requirements[0].expire()
    finished = agent.continue_run(run.run_id, stored.requirements)
    assert finished.content == "Nobody had time."
    [output] = [message.content for message in finished.messages if message.role == "tool"]
    assert "was not rejected" in output
    assert finished.requirements[0].status == "expired"
