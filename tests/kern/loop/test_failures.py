"""What goes wrong reaches the caller as it was, and never looks like success (rules L9, L15)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.base import Claim
from kern.db.sqlite import SqliteDb
from kern.errors import ModelError, StorageError
from kern.events import RunContent, RunFailed
from kern.models.base import ModelAnswer, ModelEvent, ModelRequest, TextDelta
from kern.records.message import Message, ToolCall
from kern.records.requirement import Requirement
from kern.records.run import RunMetrics, RunOutput, Status
from kern.testing import ScriptedModel, call
from kern.tools import tool


class FullDisk(SqliteDb):
    """Stores neither the end of a run nor its pause."""

    def finish_run(self, claim: Claim, run: RunOutput, answer: Message | None = None) -> Status:
        raise StorageError("disk full")

    def pause_run(self, claim: Claim, requirements: Sequence[Requirement], metrics: RunMetrics) -> None:
        raise StorageError("disk full")


@pytest.fixture
def full(db: SqliteDb) -> FullDisk:
    return FullDisk(db.path or "")


@tool(requires_confirmation=True)
def refund(amount: int) -> str:
    """Refund an amount."""
    return "refunded"


def press_control_c() -> str:
    """Do what a person at the keyboard does."""
    raise KeyboardInterrupt("from the keyboard")


# Models ---------------------------------------------------------------------------------------------------------------


def test_a_models_failure_is_raised_with_all_it_knows(db: SqliteDb) -> None:
    def refuse(_: ModelRequest) -> str:
        raise ModelError("slow down", status=429, retry_after=7.0) from TimeoutError("the socket")

    with pytest.raises(ModelError, match="slow down") as caught:
        Agent(ScriptedModel([refuse]), db=db).run("Hi", session_id="s")
    assert (caught.value.status, caught.value.retry_after, caught.value.permanent) == (429, 7.0, False)
    assert isinstance(caught.value.__cause__, TimeoutError)


def test_a_streamed_failure_carries_what_was_raised(db: SqliteDb) -> None:
    error = ModelError("slow down", status=429)
    events = Agent(ScriptedModel([error]), db=db).run("Hi", session_id="s", stream=True)
    told = next(event for event in events if isinstance(event, RunFailed))
    assert told.cause is error


def test_a_models_stream_may_be_a_plain_iterator(db: SqliteDb) -> None:
    class Plain:
        id = "plain"

        def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
            return iter([TextDelta("Hello."), ModelAnswer("Hello.")])

    agent = Agent(Plain(), db=db)
    assert agent.run("Hi", session_id="s").content == "Hello."
    assert agent.set_session_name("s", autogenerate=True).name == "Hello"


@pytest.mark.parametrize(
    ("raised", "is_permanent"),
    [(ValueError("no JSON"), False), (OSError("socket"), False), (TypeError("no such argument"), True)],
)
def test_whatever_a_model_raises_is_a_models_failure(db: SqliteDb, raised: Exception, is_permanent: bool) -> None:
    def fail(_: ModelRequest) -> str:
        raise raised

    with pytest.raises(ModelError, match=str(raised)) as caught:
        Agent(ScriptedModel([fail]), db=db).run("Hi", session_id="s")
    assert caught.value.__cause__ is raised
    told = f"the model failed with {type(raised).__name__}: {raised}"
    assert [(run.status, run.error, run.permanent_error) for run in db.runs("s")] == [("error", told, is_permanent)]


# Half characters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        ModelAnswer("half \ud83d"),
        ModelAnswer("half \ud83d", [ToolCall("c1", "no_such_tool")]),
        ToolCall("c1", "tool \ud83d"),
        ToolCall("call \ud83d", "no_such_tool"),
        ToolCall("c1", "no_such_tool", '{"text": "\ud83d"}'),
        ModelAnswer("Hello.", model="model \ud83d"),
    ],
    ids=["answer", "words beside a call", "tool", "call's id", "arguments", "model"],
)
def test_half_characters_of_a_model_do_no_harm(db: SqliteDb, reply: Any) -> None:
    agent = Agent(ScriptedModel([reply, "Done."]), db=db)
    run = agent.run("Hi", session_id="s")
    assert run.status == "completed"
    assert run.messages == db.load_run(run.run_id).messages, "what is told is what is stored"
    again = Agent(ScriptedModel(["Done."]), db=db)
    again.run("Again", session_id="s")
    for message in again.model.requests[-1].messages:
        "".join([message.content, *(item.id + item.name + item.arguments for item in message.tool_calls)]).encode()


def test_half_characters_of_a_failure_do_no_harm(db: SqliteDb) -> None:
    with pytest.raises(ModelError):
        Agent(ScriptedModel([ModelError("bad \ud83d")]), db=db).run("Hi", session_id="s")
    assert [(run.status, run.error) for run in db.runs("s")] == [("error", "bad ?")]


def test_a_character_that_comes_in_two_halves_is_whole_when_the_stream_is_left(db: SqliteDb) -> None:
    class Halves:
        id = "halves"

        def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
            yield TextDelta("Hi \ud83d")
            yield TextDelta("\ude00")
            yield ModelAnswer("Hi \U0001f600")

    events = Agent(Halves(), db=db).run("Hi", session_id="s", stream=True)
    contents = [event.content for event in (next(events), next(events), next(events)) if isinstance(event, RunContent)]
    assert contents == ["Hi ?", "Hi \U0001f600"]
    events.close()  # type: ignore[attr-defined]
    assert [(run.status, run.content) for run in db.runs("s")] == [("cancelled", "Hi \U0001f600")]


# Storage --------------------------------------------------------------------------------------------------------------


def test_a_pause_that_cannot_be_stored_is_an_error(full: FullDisk) -> None:
    with pytest.raises(StorageError, match="disk full"):
        Agent(ScriptedModel([call("refund", amount=5)]), db=full, tools=[refund]).run("Refund", session_id="s")


def test_leaving_a_stream_whose_end_cannot_be_stored_is_an_error(full: FullDisk) -> None:
    events = Agent(ScriptedModel(["One two three."]), db=full).run("Hi", session_id="s", stream=True)
    next(event for event in events if isinstance(event, RunContent))
    with pytest.raises(StorageError, match="disk full"):
        events.close()  # type: ignore[attr-defined]


# Interruption ---------------------------------------------------------------------------------------------------------


def test_a_run_broken_off_from_the_keyboard_is_stored_as_interrupted(db: SqliteDb) -> None:
    with pytest.raises(KeyboardInterrupt):
        Agent(ScriptedModel([call("press_control_c")]), db=db, tools=[press_control_c]).run("Hi", session_id="s")
    [run] = db.runs("s")
    assert run.status == "error"
    assert "interrupted" in run.error


def test_a_tool_that_wants_to_end_the_program_has_failed_and_the_run_goes_on(db: SqliteDb) -> None:
    def leave() -> str:
        """Leave."""
        sys.exit(3)

    run = Agent(ScriptedModel([call("leave"), "Still here."]), db=db, tools=[leave]).run("Hi", session_id="s")
    assert run.content == "Still here."
    assert (run.tools[0].failed, run.tools[0].result) == (True, "The tool failed: SystemExit: 3")


def test_a_tool_whose_own_event_loop_was_cancelled_has_failed_and_the_run_goes_on(db: SqliteDb) -> None:
    async def wait() -> None:
        task = asyncio.ensure_future(asyncio.Event().wait())
        task.cancel()
        await task

    def look() -> str:
        """Look in a loop of its own."""
        asyncio.run(wait())
        return "seen"

    run = Agent(ScriptedModel([call("look"), "I could not look."]), db=db, tools=[look]).run("Hi", session_id="s")
    assert run.content == "I could not look."
    assert (run.tools[0].failed, run.tools[0].result) == (True, "The tool failed: CancelledError: ")


def test_control_c_stays_control_c_when_the_interruption_cannot_be_stored(full: FullDisk) -> None:
    with pytest.raises(KeyboardInterrupt, match="from the keyboard") as caught:
        Agent(ScriptedModel([call("press_control_c")]), db=full, tools=[press_control_c]).run("Hi", session_id="s")
    assert ["disk full" in note for note in caught.value.__notes__] == [True]
