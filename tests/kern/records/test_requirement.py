"""What a requirement takes for an answer, and that anything else is refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from kern.errors import InvalidAnswerError
from kern.records.requirement import Kind, Requirement
from kern.tools import tool


def asked(kind: Kind, **more: Any) -> Requirement:
    return Requirement(kind=kind, run_id="r", root_run_id="r", session_id="s", call_id="c", tool_name="t", **more)


@pytest.mark.parametrize("choice", [None, 5, [None], [5, "window"], {"window": 1}, [["window"]], [], "floor"])
def test_a_choice_that_is_none_of_the_options_is_refused(choice: Any) -> None:
    question = asked("user_feedback", options=["window", "aisle"], multiple=True)
    with pytest.raises(InvalidAnswerError):
        question.provide_user_feedback(choice)
    assert question.needs_user_feedback


@pytest.mark.parametrize("choice", ["window", ["window"], ("window",)])
def test_a_choice_among_the_options_is_the_answer(choice: Any) -> None:
    question = asked("user_feedback", options=["window", "aisle"])
    question.provide_user_feedback(choice)
    assert question.answer == ["window"]


def test_an_edit_that_is_nested_too_deep_is_refused() -> None:
    @tool(requires_confirmation=True)
    def keep(items: list) -> str:  # type: ignore[type-arg]
        """Keep items."""
        return "kept"

    nested: list[Any] = []
    for _ in range(50_000):
        nested = [nested]
    question = asked("confirmation", schema=keep.parameters)
    with pytest.raises(InvalidAnswerError, match="nested too deep"):
        question.edit({"items": nested})
