"""A tool that hangs holds up nobody, and what it does after its time changes nothing (rules L18, L19)."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterator

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.events import RunEvent
from kern.loop.delegation import DELEGATE
from kern.loop.repeats import QUESTION
from kern.records.outcomes import UNKNOWN
from kern.records.requirement import Requirement
from kern.records.run import RunOutput
from kern.team import Team
from kern.testing import ScriptedModel, call
from kern.threads.waiting import DeadlineError
from kern.tools import RunContext, Tool, tool


class Bank:
    """Pays when it is let; `paid` is what it did, `left` says that a call has ended after all."""

    def __init__(self) -> None:
        self.paid: list[int] = []
        self.asked = threading.Event()
        self.opens = threading.Event()
        self.left = threading.Event()

    def pay(self, amount: int, context: RunContext) -> str:
        """Pay an amount."""
        self.asked.set()
        self.opens.wait()
        self.paid.append(amount)
        if context.is_cancelled:
            self.left.set()
        return f"paid {amount}"

    def open_late(self) -> None:
        """Let the call that nobody waits for any more go on to its end."""
        self.opens.set()
        assert self.left.wait(60)


@pytest.fixture
def bank() -> Iterator[Bank]:
    made = Bank()
    yield made
    made.opens.set()


def pays(bank: Bank, **options: object) -> Tool:
    return tool(**options)(bank.pay)  # type: ignore[call-overload,no-any-return]


def stopped_while_it_hangs(agent: Agent | Team, bank: Bank) -> list[RunEvent]:
    events = agent.run("Pay 5", session_id="s", stream=True)
    first = next(events)
    other = threading.Thread(target=lambda: bank.asked.wait() and agent.cancel_run(first.run_id))
    other.start()
    told = list(events)
    other.join()
    return told


def only_run(db: SqliteDb) -> RunOutput:
    [run] = db.runs("s")
    return run


# A time of its own ----------------------------------------------------------------------------------------------------


def test_a_person_is_asked_what_became_of_a_call_that_took_too_long(db: SqliteDb, bank: Bank) -> None:
    agent = Agent(ScriptedModel([call("pay", amount=5), "All right."]), db=db, tools=[pays(bank, timeout=0.1)])
    run = agent.run("Pay 5", session_id="s")
    [asked] = run.active_requirements
    assert (run.status, asked.reason, asked.arguments) == ("paused", "uncertain", {"amount": 5})
    assert asked.question == "This tool did not come back within 0.1 seconds, so nobody knows whether it happened. Did it?"
    before = only_run(db)
    bank.open_late()
    assert only_run(db) == before, "what comes late changes nothing"
    asked.set_external_execution_result("Paid, says the bank.")
    assert agent.continue_run(run.run_id, [asked]).content == "All right."
    assert bank.paid == [5]


def test_a_call_that_took_too_long_runs_again_when_a_person_says_that_it_did_not_happen(db: SqliteDb, bank: Bank) -> None:
    agent = Agent(ScriptedModel([call("pay", amount=5), "Paid."]), db=db, tools=[pays(bank, timeout=0.1)])
    run = agent.run("Pay 5", session_id="s")
    again = agent.continue_run(run.run_id, [_confirmed(run)])
    assert (again.status, again.active_requirements[0].reason) == ("paused", "uncertain"), "it hangs still"
    bank.opens.set()
    patient = agent.bound(tools=[pays(bank)])
    done = patient.continue_run(run.run_id, [_confirmed(again)])
    assert (done.status, done.tools[0].result) == ("completed", "paid 5")


def _confirmed(run: RunOutput) -> Requirement:
    [asked] = run.active_requirements
    asked.confirm()
    return asked


def test_a_confirmed_call_that_took_too_long_is_asked_about(db: SqliteDb, bank: Bank) -> None:
    tools = [pays(bank, timeout=0.1, requires_confirmation=True)]
    agent = Agent(ScriptedModel([call("pay", amount=5)]), db=db, tools=tools)
    run = agent.run("Pay 5", session_id="s")
    run = agent.continue_run(run.run_id, [_confirmed(run)])
    assert [item.reason for item in run.active_requirements] == ["uncertain"]


def test_of_a_call_that_may_be_repeated_the_model_is_told_that_it_took_too_long(db: SqliteDb, bank: Bank) -> None:
    agent = Agent(
        ScriptedModel([call("pay", amount=5), "The bank is slow."]), db=db, tools=[pays(bank, timeout=0.1, idempotent=True)]
    )
    run = agent.run("Pay 5", session_id="s")
    assert run.content == "The bank is slow."
    bank.open_late()
    [line] = only_run(db).tools
    assert (line.failed, line.result) == (True, "The tool took longer than 0.1 seconds and was left alone.")


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan"), 1e10, 10**400, "10", True])
def test_a_timeout_is_a_number_of_seconds(timeout: object) -> None:
    with pytest.raises(ValueError, match="timeout of tool 'look' is a number of seconds"):

        @tool(timeout=timeout)  # type: ignore[call-overload, untyped-decorator]
        def look() -> str:
            """Look."""
            return ""


# The turn's time ------------------------------------------------------------------------------------------------------


def test_the_deadline_ends_a_turn_whose_tool_hangs(db: SqliteDb, bank: Bank) -> None:
    agent = Agent(ScriptedModel([call("pay", amount=5)]), db=db, tools=[pays(bank)], deadline=0.2)
    with pytest.raises(DeadlineError):
        agent.run("Pay 5", session_id="s")
    before = only_run(db)
    assert (before.status, before.tools[0].status) == ("error", "started")
    bank.open_late()
    assert only_run(db) == before


def test_a_person_stops_a_turn_whose_tool_hangs_and_the_call_is_not_repeated_unasked(db: SqliteDb, bank: Bank) -> None:
    agent = Agent(ScriptedModel([call("pay", amount=5)]), db=db, tools=[pays(bank)])
    assert stopped_while_it_hangs(agent, bank)[-1].event == "RunCancelled"
    bank.open_late()
    again = Agent(ScriptedModel([call("pay", amount=5)]), db=db, tools=[pays(bank)])
    run = again.run("Pay 5", session_id="s")
    assert [message.content for message in again.model.requests[0].messages if message.role == "tool"] == [UNKNOWN]
    assert [item.question for item in run.active_requirements] == [QUESTION]
    assert bank.paid == [5]


def test_the_tool_of_a_member_is_left_with_its_team(db: SqliteDb, bank: Bank) -> None:
    ben = Agent(ScriptedModel([call("pay", amount=5)]), name="Ben", tools=[pays(bank)])
    team = Team(ScriptedModel([call(DELEGATE, member="Ben", task="Pay 5")]), members=[ben], db=db)
    assert stopped_while_it_hangs(team, bank)[-1].event == "RunCancelled"
    assert only_run(db).member_runs[0].status == "cancelled"


def test_what_a_tool_did_before_its_turn_was_stopped_is_kept(db: SqliteDb) -> None:
    def stop_me(context: RunContext) -> str:
        """Stop the turn."""
        agent.cancel_run(context.run_id)
        return "stopped it"

    agent = Agent(ScriptedModel([call("stop_me"), "Not said."]), db=db, tools=[stop_me])
    run = agent.run("Stop", session_id="s")
    assert (run.status, run.tools[0].result) == ("cancelled", "stopped it")


def test_an_agent_that_a_tool_runs_stops_with_the_turn(db: SqliteDb, bank: Bank) -> None:
    inner = Agent(ScriptedModel([call("pay", amount=5)]), db=db, tools=[pays(bank)])
    ended: list[str] = []

    def ask_inside(context: RunContext) -> str:
        """Ask another agent."""
        ended.append(inner.run("Pay 5", session_id="inside").status)
        bank.left.set()
        return "asked"

    outer = Agent(ScriptedModel([call("ask_inside")]), db=db, tools=[ask_inside])
    assert stopped_while_it_hangs(outer, bank)[-1].event == "RunCancelled"
    assert bank.left.wait(60)
    assert ended == ["cancelled"]


def test_a_tool_runs_in_a_copy_of_its_callers_context(db: SqliteDb) -> None:
    who = contextvars.ContextVar("who", default="nobody")

    def tell() -> str:
        """Tell who asks."""
        return who.get()

    who.set("Ana")
    run = Agent(ScriptedModel([call("tell"), "Ana."]), db=db, tools=[tell]).run("Who?", session_id="s")
    assert run.tools[0].result == "Ana"
