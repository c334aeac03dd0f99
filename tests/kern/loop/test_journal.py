"""No tool with side effects ever runs twice: what the loop journals, and what it does after a crash (rule L6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kern.agent import Agent
from kern.db.base import Claim
from kern.db.sqlite import SqliteDb
from kern.errors import LeaseLostError
from kern.loop.run import WorkedTurn
from kern.loop.work import Work
from kern.records.message import Message
from kern.records.run import RunMetrics
from kern.testing import ScriptedModel, call
from kern.tools import RunContext, tool

done: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_done_yet() -> None:
    done.clear()


def pay(amount: int) -> str:
    """Pay an amount."""
    done.append(f"paid {amount}")
    return "paid"


def after_a_crash(db: SqliteDb, pays: Callable[..., object]) -> WorkedTurn:
    """The turn of a worker that died while its tool was running, as the next worker finds it."""
    agent = Agent(ScriptedModel(["Done."]), db=db, tools=[pays])
    run = agent.new_run("s", None, "Pay 5")
    claim = Claim(run.run_id)
    db.open_run(run, claim, kind="agent")
    asks = call("pay", amount=5)
    db.store_answer(claim, Message("assistant", tool_calls=[asks], run_id=run.run_id), RunMetrics())
    assert db.start_call(claim, run.run_id, asks.id, {"amount": 5})
    stored = db.load_run(run.run_id)
    assert stored is not None
    return WorkedTurn(agent, stored, Work(db, claim), [])


def test_a_tool_is_journalled_as_started_before_it_runs(db: SqliteDb) -> None:
    def look(context: RunContext) -> str:
        """Look into the journal."""
        run = db.load_run(context.run_id)
        assert run is not None
        done.extend(line.status for line in run.tools)
        return "looked"

    Agent(ScriptedModel([call("look"), "Done."]), db=db, tools=[look]).run("Look", session_id="s")
    assert done == ["started"]


def test_a_tool_that_somebody_else_started_does_not_run(db: SqliteDb) -> None:
    class Slow(SqliteDb):
        """Another worker starts every call first."""

        def start_call(self, claim: Claim, run_id: str, call_id: str, *rest: object, **more: object) -> bool:
            assert super().start_call(claim, run_id, call_id, {})
            return super().start_call(claim, run_id, call_id, *rest, **more)  # type: ignore[arg-type]

    agent = Agent(ScriptedModel([call("pay", amount=5)]), db=Slow(db.path or ""), tools=[pay])
    with pytest.raises(LeaseLostError, match="was started before"):
        agent.run("Pay 5", session_id="s")
    assert done == []


def test_a_call_whose_worker_died_is_asked_about_and_not_repeated(db: SqliteDb) -> None:
    turn = after_a_crash(db, pay)
    list(turn.go())
    [asked] = turn.waiting
    assert (asked.reason, asked.arguments) == ("uncertain", {"amount": 5})
    assert turn.is_waiting
    assert done == []


def test_a_call_that_may_be_repeated_is_repeated(db: SqliteDb) -> None:
    turn = after_a_crash(db, tool(idempotent=True)(pay))
    list(turn.go())
    assert not turn.waiting
    assert done == ["paid 5"]
