"""Runs that pause for a person and continue (rules L6, L7, L8, L14)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Literal

import pytest

from kern.agent import Agent
from kern.db.base import Claim
from kern.db.sqlite import SqliteDb
from kern.errors import (
    AlreadyAnsweredError,
    InvalidAnswerError,
    RunNotContinuableError,
    RunNotFoundError,
    UnresolvedRequirementsError,
)
from kern.records.message import Message, ToolCall
from kern.records.outcomes import UNKNOWN
from kern.records.requirement import Requirement
from kern.records.run import RunMetrics, RunOutput
from kern.testing import ScriptedModel, call
from kern.tools import ask_user, tool

done: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_done_yet() -> None:
    done.clear()


@tool(requires_confirmation=True)
def refund(amount: float, to: Literal["card", "voucher"] = "card") -> str:
    """Refund an amount."""
    done.append(f"{amount} to {to}")
    return f"refunded {amount}"


@tool(requires_user_input=True, user_input_fields=["locker"])
def store_bag(tag: str, locker: int) -> str:
    """Store a bag in a locker."""
    done.append(f"{tag} in {locker}")
    return "stored"


@tool(external_execution=True)
def call_airport(question: str) -> str:
    """Ask the airport by telephone."""
    raise AssertionError("runs outside")


def agent_on(db: SqliteDb, *replies: Any) -> Agent:
    return Agent(ScriptedModel(list(replies)), db=db, name="Desk", tools=[refund, store_bag, call_airport, ask_user])


def last_output(agent: Agent) -> str:
    content: str = agent.model.requests[-1].messages[-1].content
    return content


def test_a_confirmed_tool_runs_once_with_the_stored_arguments(db: SqliteDb) -> None:
    run = agent_on(db, call("refund", amount=12.5)).run("Refund me", session_id="s")
    assert run.is_paused
    assert done == []
    [requirement] = run.active_requirements
    assert requirement.needs_confirmation
    requirement.arguments = {"amount": 9999.0}  # what is stored counts, not what came back
    requirement.confirm()

    elsewhere = agent_on(db, "It is done.")
    finished = elsewhere.continue_run(run_id=run.run_id, requirements=run.requirements)
    assert (finished.status, finished.content) == ("completed", "It is done.")
    assert done == ["12.5 to card"]
    assert last_output(elsewhere) == "refunded 12.5"
    assert finished.requirements[0].status == "executed"


def test_an_edit_is_validated_and_both_versions_are_kept(db: SqliteDb) -> None:
    run = agent_on(db, call("refund", amount=12.5)).run("Refund me", session_id="s")
    [requirement] = run.requirements
    with pytest.raises(InvalidAnswerError) as caught:
        requirement.edit({"amount": "a lot", "to": "cash"})
    assert set(caught.value.errors) == {"amount", "to"}
    requirement.edit({"amount": 7, "to": "voucher"})
    requirement.confirm()
    agent = agent_on(db, "Done.")
    agent.continue_run(run.run_id, run.requirements)
    assert done == ["7.0 to voucher"]
    assert "A person changed the arguments" in last_output(agent)
    [stored] = db.load_run(run.run_id).requirements
    assert (stored.arguments, stored.edited_arguments) == ({"amount": 12.5}, {"amount": 7, "to": "voucher"})


def test_a_rejection_reaches_the_model_with_its_reason(db: SqliteDb) -> None:
    run = agent_on(db, call("refund", amount=12.5)).run("Refund me", session_id="s")
    run.requirements[0].reject(note="the fare is not refundable")
    agent = agent_on(db, "I am sorry.")
    assert agent.continue_run(run.run_id, run.requirements).content == "I am sorry."
    assert "the fare is not refundable" in last_output(agent)
    assert done == []


def test_a_persons_input_completes_the_arguments(db: SqliteDb) -> None:
    run = agent_on(db, call("store_bag", tag="LH1")).run("My bag", session_id="s")
    [requirement] = run.requirements
    assert requirement.needs_user_input
    assert [field.name for field in requirement.fields] == ["locker"]
    with pytest.raises(InvalidAnswerError):
        requirement.provide_user_input({"locker": "twelve"})
    requirement.provide_user_input({"locker": 12})
    agent_on(db, "Stored.").continue_run(run.run_id, run.requirements)
    assert done == ["LH1 in 12"]


def test_a_choice_is_one_of_the_options(db: SqliteDb) -> None:
    run = agent_on(db, call("ask_user", question="Which flight?", options=["482", "119"])).run("Rebook", session_id="s")
    [requirement] = run.requirements
    assert requirement.needs_user_feedback
    assert (requirement.question, requirement.options) == ("Which flight?", ["482", "119"])
    with pytest.raises(InvalidAnswerError, match="not an option"):
        requirement.provide_user_feedback("007")
    requirement.provide_user_feedback("119")
    agent = agent_on(db, "Rebooked.")
    agent.continue_run(run.run_id, run.requirements)
    assert '"119"' in last_output(agent)


def test_a_result_from_outside_becomes_the_tools_result(db: SqliteDb) -> None:
    run = agent_on(db, call("call_airport", question="Where is it?")).run("Where?", session_id="s")
    [requirement] = run.requirements
    assert requirement.needs_external_execution
    requirement.set_external_execution_result("on belt 4")
    agent = agent_on(db, "On belt 4.")
    agent.continue_run(run.run_id, run.requirements)
    assert last_output(agent) == "on belt 4"


@pytest.mark.parametrize(
    "asks",
    [
        call("refund", amount=12.5),
        call("store_bag", tag="LH1"),
        call("call_airport", question="Where?"),
        call("ask_user", question="Which?", options=["482", "119"]),
    ],
    ids=lambda asks: asks.name,
)
def test_a_person_may_answer_in_any_tools_place(db: SqliteDb, asks: ToolCall) -> None:
    run = agent_on(db, asks).run("Help", session_id="s")
    with pytest.raises(InvalidAnswerError):
        run.requirements[0].respond("  ")
    run.requirements[0].respond("I did it by hand.")
    agent = agent_on(db, "It is done.")
    finished = agent.continue_run(run.run_id, run.requirements)
    assert last_output(agent) == "A person answered in the tool's place: I did it by hand."
    assert done == []
    [requirement] = finished.requirements
    assert (requirement.status, requirement.response) == ("executed", "I did it by hand.")


def test_an_input_named_like_a_response_is_an_input(db: SqliteDb) -> None:
    @tool(requires_user_input=True)
    def survey(response: str) -> str:
        """Ask how it was."""
        return f"noted: {response}"

    def on(*replies: Any) -> Agent:
        return Agent(ScriptedModel(list(replies)), db=db, tools=[survey])

    run = on(call("survey")).run("How was it?", session_id="s")
    [requirement] = run.requirements
    with pytest.raises(InvalidAnswerError, match="asks for an input"):
        requirement.respond("fine")
    requirement.provide_user_input({"response": "fine"})
    agent = on("Thank you.")
    agent.continue_run(run.run_id, run.requirements)
    assert last_output(agent) == "noted: fine"


def test_an_answer_given_once_stands(db: SqliteDb) -> None:
    [requirement] = agent_on(db, call("refund", amount=1.0)).run("Refund", session_id="s").requirements
    requirement.confirm()
    with pytest.raises(AlreadyAnsweredError):
        requirement.reject("no")
    assert requirement.status == "approved"


def test_continuing_with_an_unanswered_requirement_names_it_and_stores_nothing(db: SqliteDb) -> None:
    both = [call("refund", amount=1.0), call("refund", amount=2.0)]
    run = agent_on(db, both).run("Refund twice", session_id="s")
    first, second = run.requirements
    first.confirm()
    with pytest.raises(UnresolvedRequirementsError, match="refund") as caught:
        agent_on(db, "never asked").continue_run(run.run_id, run.requirements)
    assert [item.requirement_id for item in caught.value.requirements] == [second.requirement_id]
    assert [item.status for item in db.load_run(run.run_id).requirements] == ["pending", "pending"]
    assert done == []
    second.reject("once is enough")
    agent_on(db, "Done.").continue_run(run.run_id, run.requirements)
    assert done == ["1.0 to card"]


def test_a_run_continues_once(db: SqliteDb) -> None:
    run = agent_on(db, call("refund", amount=1.0)).run("Refund", session_id="s")
    run.requirements[0].confirm()
    agent_on(db, "Done.").continue_run(run.run_id, run.requirements)
    with pytest.raises(RunNotContinuableError):
        agent_on(db, "Done twice.").continue_run(run.run_id, run.requirements)
    assert done == ["1.0 to card"]


def test_a_run_may_pause_again_and_a_session_may_have_a_run_in_between(db: SqliteDb) -> None:
    run = agent_on(db, call("refund", amount=1.0)).run("Refund", session_id="s")
    between = agent_on(db, "Still working on it.")
    between.run("Any news?", session_id="s")
    sent = between.model.requests[-1].messages
    assert [(m.role, m.content) for m in sent] == [("user", "Refund\n\nAny news?")]
    run.requirements[0].confirm()
    again = agent_on(db, call("refund", amount=2.0)).continue_run(run.run_id, run.requirements)
    assert again.is_paused
    assert [item.arguments["amount"] for item in again.active_requirements] == [2.0]
    again.active_requirements[0].confirm()
    assert agent_on(db, "Both done.").continue_run(run.run_id, again.requirements).content == "Both done."
    assert done == ["1.0 to card", "2.0 to card"]


def test_bad_arguments_never_reach_a_person(db: SqliteDb) -> None:
    agent = agent_on(db, call("refund", amount="much"), "Sorry.")
    run = agent.run("Refund", session_id="s")
    assert (run.status, run.requirements) == ("completed", [])
    assert "amount" in last_output(agent)


def uncertain_run(db: SqliteDb) -> RunOutput:
    """A refund was started, nobody saw its end, and a person is asked whether it happened."""
    run = agent_on(db).new_run("s", None, "Refund me")
    claim, made = Claim(run.run_id), call("refund", amount=12.5)
    db.open_run(run, claim, kind="agent")
    db.store_answer(claim, Message("assistant", tool_calls=[made], run_id=run.run_id), RunMetrics())
    db.start_call(claim, run.run_id, made.id, {"amount": 12.5})
    asks = Requirement(
        "external_execution", run.run_id, run.run_id, "s", made.id, "refund", {"amount": 12.5}, reason="uncertain"
    )
    db.pause_run(claim, [asks], RunMetrics())
    stored = db.load_run(run.run_id)
    assert stored is not None
    return stored


def test_giving_up_on_an_uncertain_call_never_says_that_it_did_not_run(db: SqliteDb) -> None:
    run = uncertain_run(db)
    run.requirements[0].reject(note="The bank is closed.")
    agent = agent_on(db, "I am sorry.")
    agent.continue_run(run.run_id, run.requirements)
    assert last_output(agent) == f"{UNKNOWN} A person says: The bank is closed."
    assert done == []


@pytest.mark.parametrize(
    ("answer", "status", "told"),
    [
        (lambda asked: asked.confirm(), "failed", "There is no tool 'refund'. Tools: ask_user."),
        (
            lambda asked: asked.reject("too much"),
            "rejected",
            "A person rejected this call, so it did not run. Reason: too much",
        ),
        (lambda asked: asked.respond("I paid."), "executed", "A person answered in the tool's place: I paid."),
    ],
    ids=["approved", "rejected", "answered in its place"],
)
def test_of_a_tool_that_is_gone_by_then_what_people_said_counts_and_an_approval_has_failed(
    db: SqliteDb, answer: Callable[[Requirement], None], status: str, told: str
) -> None:
    run = agent_on(db, call("refund", amount=12.5)).run("Refund me", session_id="s")
    answer(run.requirements[0])
    agent = Agent(ScriptedModel(["I see."]), db=db, name="Desk", tools=[ask_user])
    finished = agent.continue_run(run.run_id, run.requirements)
    assert last_output(agent) == told
    assert finished.requirements[0].status == status
    assert db.load_run(run.run_id).requirements[0].status == status


@pytest.mark.parametrize("idempotent", [True, False])
def test_only_an_idempotent_tool_may_be_repeated_when_nobody_knows_whether_it_ran(db: SqliteDb, idempotent: bool) -> None:
    @tool(name="refund", idempotent=idempotent)
    def refund_now(amount: float) -> str:
        """Refund an amount."""
        done.append(f"{amount}")
        return "refunded"

    run = uncertain_run(db)
    run.requirements[0].reject()
    agent = Agent(ScriptedModel([call("refund", amount=12.5), "Done."]), db=db, name="Desk", tools=[refund_now])
    again = agent.continue_run(run.run_id, run.requirements)
    assert (again.status, done) == (("completed", ["12.5"]) if idempotent else ("paused", []))


def test_a_call_that_did_not_happen_and_whose_tool_is_gone_by_then_did_not_happen(db: SqliteDb) -> None:
    run = uncertain_run(db)
    run.requirements[0].confirm()
    agent = Agent(ScriptedModel(["I see."]), db=db, name="Desk", tools=[ask_user])
    agent.continue_run(run.run_id, run.requirements)
    assert last_output(agent) == "There is no tool 'refund'. Tools: ask_user."


def test_a_cancelled_pause_never_continues(db: SqliteDb) -> None:
    agent = agent_on(db, call("refund", amount=1.0))
    run = agent.run("Refund", session_id="s")
    assert agent.cancel_run(run.run_id)
    assert not agent.cancel_run(run.run_id)
    run.requirements[0].confirm()
    with pytest.raises(RunNotContinuableError):
        agent.continue_run(run.run_id, run.requirements)
    assert done == []


def test_a_streamed_continuation_that_nobody_reads_leaves_the_run_waiting(db: SqliteDb) -> None:
    run = agent_on(db, call("refund", amount=1.0)).run("Refund", session_id="s")
    run.requirements[0].confirm()
    events = agent_on(db, "Done.").continue_run(run.run_id, run.requirements, stream=True)
    assert db.load_run(run.run_id).status == "pending", "nobody renews a lease before the first event"
    events.close()  # type: ignore[attr-defined]
    finished = agent_on(db, "Done.").continue_run(run.run_id)
    assert (finished.status, done) == ("completed", ["1.0 to card"])


def test_a_streamed_continuation_is_refused_at_the_call(db: SqliteDb) -> None:
    agent = agent_on(db, call("refund", amount=1.0), "Done.")
    run = agent.run("Refund", session_id="s")
    with pytest.raises(RunNotFoundError):
        agent.continue_run("no-such-run", stream=True)
    with pytest.raises(UnresolvedRequirementsError):
        agent.continue_run(run.run_id, stream=True)
    run.requirements[0].confirm()
    agent.continue_run(run.run_id, run.requirements)
    with pytest.raises(RunNotContinuableError):
        agent.continue_run(run.run_id, stream=True)


def test_of_two_streamed_continuations_the_one_that_is_read_first_goes_on(db: SqliteDb) -> None:
    run = agent_on(db, call("refund", amount=1.0)).run("Refund", session_id="s")
    run.requirements[0].confirm()
    first = agent_on(db, "Done.").continue_run(run.run_id, run.requirements, stream=True)
    second = agent_on(db, "Done too.").continue_run(run.run_id, stream=True)
    assert list(second)[-1].event == "RunCompleted"
    with pytest.raises(RunNotContinuableError, match="continued by another caller"):
        next(first)
    assert done == ["1.0 to card"]


def test_an_answer_that_comes_after_another_is_not_silently_dropped(db: SqliteDb) -> None:
    run = agent_on(db, call("refund", amount=1.0)).run("Refund", session_id="s")
    late = copy.deepcopy(run.requirements)
    late[0].reject("no!")
    run.requirements[0].confirm()
    db.answer_run(run.run_id, run.requirements)
    with pytest.raises(AlreadyAnsweredError, match=r"refund .* it is approved") as caught:
        agent_on(db, "never asked").continue_run(run.run_id, late)
    assert caught.value.requirement.status == "approved"
    assert done == []
    agent_on(db, "Done.").continue_run(run.run_id, run.requirements)
    assert done == ["1.0 to card"]


def test_answers_of_an_earlier_pause_may_be_handed_in_again(db: SqliteDb) -> None:
    run = agent_on(db, [call("refund", amount=1.0), call("refund", amount=2.0)]).run("Refund", session_id="s")
    run.requirements[0].confirm()
    run.requirements[1].reject("once is enough")
    again = agent_on(db, call("refund", amount=3.0)).continue_run(run.run_id, run.requirements)
    again.requirements[-1].confirm()
    everything = [*run.requirements, again.requirements[-1]]
    assert agent_on(db, "Done.").continue_run(run.run_id, everything).content == "Done."
    assert done == ["1.0 to card", "3.0 to card"]


def test_half_characters_in_what_a_person_writes_do_no_harm(db: SqliteDb) -> None:
    run = agent_on(db, [call("refund", amount=1.0), call("refund", amount=2.0)]).run("Refund", session_id="s")
    run.requirements[0].respond("by hand \ud83d")
    run.requirements[1].reject("no \ud83d")
    agent = agent_on(db, "Sorry.")
    agent.continue_run(run.run_id, run.requirements)
    assert [item.note for item in db.load_run(run.run_id).requirements] == ["", "no ?"]
    assert "no ?" in last_output(agent)
