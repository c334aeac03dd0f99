"""Asynchronous tools share one event loop, and none of them can spoil it for the others (rules L18, L19)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.testing import ScriptedModel, call
from kern.tools import as_tool, tool


class Client:
    """Belongs to the loop in which it was first used, as clients of HTTP and databases do."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str] | None = None
        self.loops: set[asyncio.AbstractEventLoop] = set()

    async def fetch(self) -> str:
        """Fetch."""
        self.loops.add(asyncio.get_running_loop())
        if self._queue is None:
            self._queue = asyncio.Queue()
        asyncio.get_running_loop().call_soon(self._queue.put_nowait, "fetched")
        return await self._queue.get()


def run(db: SqliteDb, *functions: Callable[..., Any]) -> list[str | None]:
    """What one call of each gave, all in one turn."""
    tools = [as_tool(function) for function in functions]
    agent = Agent(ScriptedModel([*(call(item.name) for item in tools), "Done."]), db=db, tools=tools)
    return [line.result for line in agent.run("Go").tools]


def test_a_client_that_is_made_once_works_at_every_call(db: SqliteDb) -> None:
    client = Client()
    for _ in range(2):
        agent = Agent(ScriptedModel([call("fetch"), call("fetch"), "Done."]), db=db, tools=[client.fetch])
        assert [line.result for line in agent.run("Go").tools] == ["fetched", "fetched"]
    assert len(client.loops) == 1


def test_a_client_works_in_turns_at_once_and_inside_of_a_running_loop(db: SqliteDb) -> None:
    client = Client()

    async def turns() -> list[str | None]:
        # Called without await on purpose: a notebook and an async view do the same.
        agent = Agent(ScriptedModel([call("fetch"), "Done."]), db=db, tools=[client.fetch])
        inside = [line.result for line in agent.run("Go").tools]
        others = await asyncio.gather(*(asyncio.to_thread(run, db, client.fetch) for _ in range(3)))
        return [*inside, *(result for other in others for result in other)]

    assert asyncio.run(turns()) == ["fetched"] * 4
    assert len(client.loops) == 1


def test_an_asynchronous_tool_that_hangs_is_cancelled_at_its_timeout(db: SqliteDb) -> None:
    cancelled = threading.Event()

    @tool(timeout=0.1, idempotent=True)
    async def wait_for_ever() -> str:
        """Wait."""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return "never"

    [result] = run(db, wait_for_ever)
    assert result == "The tool took longer than 0.1 seconds and was left alone."
    assert cancelled.wait(60)


def test_a_tool_that_blocks_the_loop_keeps_no_other_from_running(db: SqliteDb) -> None:
    goes_on = threading.Event()

    @tool(timeout=0.1, idempotent=True)
    async def block() -> str:
        """Block the loop, as forgetting an await does."""
        goes_on.wait()
        return "late"

    async def look() -> str:
        """Look."""
        return "seen"

    results = run(db, block, look)
    goes_on.set()
    assert results == ["The tool took longer than 0.1 seconds and was left alone.", "seen"]


def test_an_asynchronous_tool_may_run_an_agent_with_asynchronous_tools(db: SqliteDb) -> None:
    async def look() -> str:
        """Look."""
        return "seen"

    async def ask_inside() -> str:
        """Ask another agent, without await."""
        return str(run(db, look))

    assert run(db, ask_inside) == ["['seen']"]


@pytest.mark.parametrize("raised", [SystemExit(3), asyncio.CancelledError(), ValueError("no")])
def test_what_an_asynchronous_tool_raises_is_its_result_and_the_loop_goes_on(db: SqliteDb, raised: BaseException) -> None:
    async def fail() -> str:
        """Fail."""
        raise raised

    async def look() -> str:
        """Look."""
        return "seen"

    failed, seen = run(db, fail, look)
    assert failed is not None
    assert failed.startswith(f"The tool failed: {type(raised).__name__}")
    assert seen == "seen"


def test_control_c_in_an_asynchronous_tool_reaches_the_caller(db: SqliteDb) -> None:
    async def press() -> str:
        """Press."""
        raise KeyboardInterrupt("from the keyboard")

    with pytest.raises(KeyboardInterrupt, match="from the keyboard"):
        run(db, press)
