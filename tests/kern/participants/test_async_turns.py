"""`arun` and `acontinue_run` work the same turns, on a thread, while the event loop goes on (rule L21)."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import ModelError, RunNotContinuableError
from kern.events import RunContent
from kern.loop.delegation import DELEGATE
from kern.models.base import ModelAnswer, ModelEvent, ModelRequest, TextDelta
from kern.team import Team
from kern.testing import ScriptedModel, call
from kern.tools import tool


@tool(requires_confirmation=True)
def refund(amount: int) -> str:
    """Refund an amount."""
    return f"refunded {amount}"


class Silent:
    """Says a word and then nothing until it is let."""

    id = "silent"

    def __init__(self) -> None:
        self.spoke = threading.Event()
        self.goes_on = threading.Event()

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        yield TextDelta("Well")
        self.spoke.set()
        self.goes_on.wait()
        yield ModelAnswer("Well, hello.")


@pytest.fixture
def silent() -> Iterator[Silent]:
    made = Silent()
    yield made
    made.goes_on.set()


def statuses(db: SqliteDb) -> list[tuple[str, str]]:
    return [(run.status, run.content) for run in db.runs("s")]


def test_a_turn_is_awaited(db: SqliteDb) -> None:
    agent = Agent(ScriptedModel(["Hello."]), db=db)
    run = asyncio.run(agent.arun("Hi", session_id="s", user_id=42))
    assert (run.content, run.user_id) == ("Hello.", "42")
    assert statuses(db) == [("completed", "Hello.")]


def test_a_turns_events_come_one_by_one_and_are_the_same(db: SqliteDb) -> None:
    async def events() -> list[str]:
        return [event.event async for event in Agent(ScriptedModel(["One two."]), db=db).arun("Hi", stream=True)]

    same = [event.event for event in Agent(ScriptedModel(["One two."]), db=db).run("Hi", stream=True)]
    assert asyncio.run(events()) == same


def test_a_paused_turn_goes_on(db: SqliteDb) -> None:
    async def turns() -> list[str]:
        agent = Agent(ScriptedModel([call("refund", amount=5), call("refund", amount=6), "Both."]), db=db, tools=[refund])
        run = await agent.arun("Refund", session_id="s")
        run.active_requirements[0].confirm()
        again = await agent.acontinue_run(run.run_id, run.requirements, session_id="s")
        again.active_requirements[0].confirm()
        events = [event async for event in agent.acontinue_run(run.run_id, again.requirements, stream=True)]
        with pytest.raises(RunNotContinuableError):
            await agent.acontinue_run(run.run_id, again.requirements)
        return [event.event for event in events]

    assert asyncio.run(turns())[-1] == "RunCompleted"
    assert statuses(db) == [("completed", "Both.")]


def test_many_turns_wait_for_their_models_at_once(db: SqliteDb) -> None:
    together = threading.Barrier(20)

    class Model:
        id = "together"

        def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
            together.wait(60)
            yield ModelAnswer("Hello.")

    async def turns() -> list[str]:
        agent = Agent(Model(), db=db)
        return [run.content for run in await asyncio.gather(*(agent.arun("Hi") for _ in range(20)))]

    assert asyncio.run(turns()) == ["Hello."] * 20


def test_what_a_turn_raises_is_raised_where_it_is_awaited(db: SqliteDb) -> None:
    async def fails() -> None:
        agent = Agent(ScriptedModel([ModelError("no"), ModelError("no")]), db=db)
        with pytest.raises(ModelError, match="no"):
            await agent.arun("Hi", session_id="s")
        with pytest.raises(ModelError, match="no"):
            async for _ in agent.arun("Hi", session_id="s", stream=True):
                pass
        with pytest.raises(ValueError, match="empty message"):
            await agent.arun("  ")

    asyncio.run(fails())
    assert [status for status, _ in statuses(db)] == ["error", "error"]


async def spoken(silent: Silent) -> None:
    """Wait, while the loop goes on, until the model has said its word."""
    await asyncio.to_thread(silent.spoke.wait)


def test_cancelling_the_task_stops_the_run(db: SqliteDb, silent: Silent) -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(Agent(silent, db=db).arun("Hi", session_id="s"))
        await spoken(silent)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert statuses(db)[0][0] == "cancelled", "it is stored by now"

    asyncio.run(cancelled())
    assert not silent.goes_on.is_set()


def test_a_timeout_stops_the_run_also_in_a_tool_of_a_member(db: SqliteDb, silent: Silent) -> None:
    def look() -> str:
        """Look."""
        silent.spoke.set()
        silent.goes_on.wait()
        return "seen"

    ben = Agent(ScriptedModel([call("look")]), name="Ben", tools=[look])
    team = Team(ScriptedModel([call(DELEGATE, member="Ben", task="Look")]), members=[ben], db=db)

    async def too_long() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await team.arun("Look", session_id="s")

    asyncio.run(too_long())
    [run] = db.runs("s")
    assert [run.status, run.member_runs[0].status] == ["cancelled", "cancelled"]


def test_leaving_a_stream_stops_the_run_and_keeps_its_words(db: SqliteDb, silent: Silent) -> None:
    async def left() -> None:
        async with aclosing(Agent(silent, db=db).arun("Hi", session_id="s", stream=True)) as events:
            async for event in events:
                if isinstance(event, RunContent):
                    break

    asyncio.run(left())
    assert statuses(db) == [("cancelled", "Well")]


def test_cancelling_a_task_that_reads_a_stream_stops_the_run(db: SqliteDb, silent: Silent) -> None:
    async def read() -> None:
        async for _ in Agent(silent, db=db).arun("Hi", session_id="s", stream=True):
            pass

    async def cancelled() -> None:
        task = asyncio.create_task(read())
        await spoken(silent)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert [status for status, _ in statuses(db)] == ["cancelled"]


def test_a_turn_has_its_callers_context(db: SqliteDb) -> None:
    who = contextvars.ContextVar("who", default="nobody")

    async def tell() -> str:
        """Tell who asks."""
        return who.get()

    async def turn() -> str | None:
        who.set("Ana")
        agent = Agent(ScriptedModel([call("tell"), "Ana."]), db=db, tools=[tell])
        return (await agent.arun("Who?")).tools[0].result

    assert asyncio.run(turn()) == "Ana"


def test_an_asynchronous_tool_may_await_a_turn(db: SqliteDb) -> None:
    async def look() -> str:
        """Look."""
        return "seen"

    async def ask_inside() -> str:
        """Ask another agent."""
        inner = Agent(ScriptedModel([call("look"), "Seen."]), db=db, tools=[look])
        return (await inner.arun("Look")).content

    outer = Agent(ScriptedModel([call("ask_inside"), "Done."]), db=db, tools=[ask_inside])
    assert asyncio.run(outer.arun("Go")).tools[0].result == "Seen."
