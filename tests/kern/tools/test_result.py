"""What the model reads of a tool: its result in any form, and its failure, whatever either looks like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.sqlite import SqliteDb
from kern.errors import ToolError
from kern.records.message import ToolCall
from kern.records.run import RunOutput
from kern.testing import ScriptedModel, call
from kern.tools import tool


class Shy:
    """Nothing can be read of it."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class ShyError(Exception):
    __str__ = Shy.__str__


class ShyToolError(ToolError):
    __str__ = Shy.__str__


def endless() -> list[Any]:
    """A list that holds itself."""
    items: list[Any] = [1]
    items.append(items)
    return items


def run_of(db: SqliteDb, *calls: ToolCall, tools: list[Any]) -> RunOutput:
    return Agent(ScriptedModel([*calls, "I see."]), db=db, tools=tools).run("Please", session_id="s")


def outputs(run: RunOutput) -> list[str]:
    return [message.content for message in run.messages if message.role == "tool"]


@pytest.mark.parametrize(
    ("result", "text"),
    [(b"\xff", r"b'\xff'"), (endless(), "[1, [...]]"), ([Shy()], "<list>"), (["half \ud83d"], r"['half \ud83d']")],
    ids=["bytes", "circle", "shy", "half"],
)
def test_a_tool_that_worked_did_not_fail_whatever_its_result_looks_like(db: SqliteDb, result: Any, text: str) -> None:
    def pay() -> Any:
        """Pay."""
        return result

    run = run_of(db, call("pay"), tools=[pay])
    assert outputs(run) == [text]
    assert [line.failed for line in run.tools] == [False]


def test_a_generator_works_while_its_result_is_read_and_may_fail(db: SqliteDb) -> None:
    def lines() -> Iterator[str]:
        yield "one"
        yield "two"

    def broken() -> Iterator[str]:
        yield "one"
        raise ToolError("the second is gone")

    run = run_of(db, call("lines"), call("broken"), tools=[lines, broken])
    assert outputs(run) == ['["one","two"]', "The tool failed: the second is gone"]
    assert [line.failed for line in run.tools] == [False, True]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (KeyError("seat"), "The tool failed: KeyError: 'seat'"),
        (ToolError("no such seat"), "The tool failed: no such seat"),
        (ShyError(), "The tool failed: ShyError: <ShyError>"),
        (ShyToolError(), "The tool failed: <ShyToolError>"),
    ],
)
def test_an_exception_is_the_tools_result_even_if_it_has_no_text(db: SqliteDb, error: Exception, text: str) -> None:
    def pay() -> str:
        """Pay."""
        raise error

    run = run_of(db, call("pay"), tools=[pay])
    assert (run.status, outputs(run)) == ("completed", [text])


@pytest.mark.parametrize("depth", [101, 50_000])
def test_arguments_that_are_nested_too_deep_are_told_to_the_model(db: SqliteDb, depth: int) -> None:
    def keep(items: list) -> str:  # type: ignore[type-arg]
        """Keep items."""
        return "kept"

    nested = ToolCall("c", "keep", f'{{"items": {"[" * depth + "]" * depth}}}')
    run = run_of(db, nested, tools=[keep])
    assert run.status == "completed"
    assert "nested too deep" in outputs(run)[0]


def test_deep_arguments_arrive_up_to_that_depth(db: SqliteDb) -> None:
    @tool(requires_confirmation=True)
    def keep(items: list) -> str:  # type: ignore[type-arg]
        """Keep items."""
        return "kept"

    nested = ToolCall("c", "keep", f'{{"items": {"[" * 99 + "]" * 99}}}')
    run = run_of(db, nested, tools=[keep])
    run.requirements[0].confirm()
    ended = Agent(ScriptedModel(["I see."]), db=db, tools=[keep]).continue_run(run.run_id, run.requirements)
    assert outputs(ended) == ["kept"]


def test_a_call_survives_the_way_through_its_data() -> None:
    made = ToolCall("c", "pay", '{"amount": 5}')
    assert ToolCall.from_dict(made.to_dict()) == made
