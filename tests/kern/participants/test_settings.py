"""What an agent is made of is checked when it is made."""

from __future__ import annotations

from typing import Any

import pytest

from kern.agent import Agent
from kern.errors import WrongTypeError
from kern.team import Team


@pytest.mark.parametrize("name", ["name", "description", "instructions", "tools"])
@pytest.mark.parametrize("bad", [None, 5, b"text", object()])
@pytest.mark.parametrize("kind", [Agent, Team])
def test_a_part_of_another_kind_is_told_in_one_line(kind: type[Agent | Team], name: str, bad: Any) -> None:
    with pytest.raises(WrongTypeError, match=f"^{name} is ") as refused:
        kind(**{name: bad})
    assert "\n" not in str(refused.value)


def test_instructions_are_text_or_lines_or_a_function() -> None:
    with pytest.raises(WrongTypeError, match="instructions is text, a list of lines or a function"):
        Agent(instructions=["Be short.", None])  # type: ignore[list-item]
    for given in ("Be short.", ["Be short."], lambda: "Be short."):
        assert Agent(instructions=given).system_message() == "Be short."
