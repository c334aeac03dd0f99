"""What a turn may grow to, on every storage: tools that return too much are cut, models that do not end fail."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from kern.agent import Agent
from kern.db.base import Db
from kern.errors import ModelError, ToolError
from kern.loop.window import MAX_TOOL_OUTPUT_CHARS
from kern.models.base import ModelAnswer, ModelRequest, ReasoningDelta, TextDelta
from kern.records.message import ToolCall
from kern.testing import ScriptedModel, call
from kern.tools import tool
from kern.validation.sizes import MAX_ANSWER_CHARS, MAX_PROVIDER_CHARS, MAX_REASONING_BYTES, MAX_RESULT_BYTES

LARGE = 3 * MAX_RESULT_BYTES


@tool
def as_text() -> str:
    """Read the log."""
    return "x" * LARGE


@tool
def of_wide_characters() -> str:
    """Read the log."""
    return "🧳" * (LARGE // 4)


@tool
def as_pieces() -> Iterator[str]:
    """Read the log."""
    for _ in range(LARGE // 10_000):
        yield "x" * 10_000


@tool
def as_numbers() -> Iterator[int]:
    """Count."""
    yield from range(2 * MAX_RESULT_BYTES)


@tool
def as_error() -> str:
    """Fail at length."""
    raise ToolError("x" * LARGE)


@tool(external_execution=True)
def elsewhere() -> str:
    """Ask another program."""
    return ""


def results(db: Db) -> list[str]:
    agent = Agent(ScriptedModel([]), db=db)
    return [m.content for m in agent.get_session("s").get_messages() if m.role == "tool"]


@pytest.mark.parametrize("wordy", [as_text, of_wide_characters, as_pieces, as_numbers, as_error])
def test_a_row_keeps_a_mebibyte_of_a_tools_result_and_says_how_much_there_was(db: Db, wordy: Any) -> None:
    name = wordy.name
    agent = Agent(ScriptedModel([call(name), "Read."]), db=db, tools=[wordy])
    run = agent.run("Look", session_id="s")
    assert run.status == "completed"
    [stored] = results(db)
    assert MAX_RESULT_BYTES - 100 < len(stored.encode()) <= MAX_RESULT_BYTES
    assert "bytes are kept …]" in stored[-60:]
    asked = agent.model.requests[1].messages[-1]
    assert len(asked.content) <= MAX_TOOL_OUTPUT_CHARS
    if name == "as_text":
        assert stored.endswith("[… cut: 1,048,523 of 3,145,728 bytes are kept …]")


def test_a_result_that_a_program_hands_in_is_cut_alike(db: Db) -> None:
    agent = Agent(ScriptedModel([call("elsewhere"), "Read."]), db=db, tools=[elsewhere])
    run = agent.run("Look", session_id="s")
    run.requirements[0].set_external_execution_result("x" * LARGE)
    agent.continue_run(run_id=run.run_id, requirements=run.requirements)
    [stored] = results(db)
    assert len(stored) <= MAX_RESULT_BYTES
    assert "bytes are kept" in stored[-60:]


class Endless:
    """A model that goes on for ever, in words or in the arguments of a call."""

    id = "endless"

    def __init__(self, answer: ModelAnswer | None = None) -> None:
        self.answer = answer
        self.was_closed = False

    def stream(self, request: ModelRequest) -> Iterator[TextDelta | ModelAnswer]:
        try:
            if self.answer is not None:
                yield self.answer
            while True:
                yield TextDelta("again and again " * 100)
        finally:
            self.was_closed = True


@pytest.mark.parametrize(
    "answer",
    [
        None,
        ModelAnswer("x" * (MAX_ANSWER_CHARS + 1)),
        ModelAnswer(tool_calls=[ToolCall("c", "as_text", '{"a": "%s"}' % ("x" * MAX_ANSWER_CHARS))]),
        ModelAnswer(tool_calls=[ToolCall(f"c{n}", "as_text", '{"a": "%s"}' % ("x" * 1_000)) for n in range(401)]),
    ],
    ids=["words", "at once", "arguments", "many calls"],
)
def test_a_model_that_does_not_come_to_an_end_fails_the_run(db: Db, answer: ModelAnswer | None) -> None:
    model = Endless(answer)
    agent = Agent(model, db=db, tools=[as_text])
    with pytest.raises(ModelError, match="did not come to an end: its answer has more than 400,000 characters"):
        agent.run("Look", session_id="s")
    [run] = agent.get_session("s").runs
    assert (run.status, len(run.content) <= MAX_ANSWER_CHARS) == ("error", True)
    assert [m.role for m in run.messages if m.role != "system"] == ["user"]
    waited = time.monotonic() + 30
    while not model.was_closed and time.monotonic() < waited:
        time.sleep(0.01)
    assert model.was_closed


class Thinker:
    """A model that says little and thinks for ever."""

    id = "thinker"

    def stream(self, request: ModelRequest) -> Iterator[ReasoningDelta | ModelAnswer]:
        yield ReasoningDelta("so ")
        sealed = {"type": "reasoning", "id": "rs_1", "encrypted_content": "x" * (MAX_PROVIDER_CHARS + 1)}
        yield ModelAnswer("Yes.", model="m" * 5_000, reasoning="so " * MAX_REASONING_BYTES, provider_items=[sealed])


def test_what_was_thought_is_cut_and_the_answer_stands(db: Db) -> None:
    run = Agent(Thinker(), db=db).run("Look", session_id="s")
    assert (run.content, len(run.model)) == ("Yes.", 100)
    [stored] = list(Agent(Thinker(), db=db).get_session("s").runs)
    answer = stored.messages[-1]
    assert len(answer.reasoning.encode()) <= MAX_REASONING_BYTES
    assert "bytes are kept" in answer.reasoning[-60:]
    assert answer.provider_items == []
