"""What the loop asks of the agent or team whose run it works."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kern.models.base import Model, ToolSchema
from kern.records.run import RunOutput
from kern.tools import Tool


class Actor(Protocol):
    """An agent or team, as the loop sees it. `kern.participants.participant.Participant` is one."""

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def tools(self) -> Sequence[Tool]: ...

    @property
    def members(self) -> Sequence[Actor]: ...

    @property
    def max_history_tokens(self) -> int | None: ...

    @property
    def max_tool_output_chars(self) -> int | None: ...

    @property
    def tool_call_limit(self) -> int | None: ...

    @property
    def review_answers(self) -> bool: ...

    @property
    def required_model(self) -> Model:
        """The model. Raises `ModelError` when none was given."""
        ...

    def member(self, name: str) -> Actor | None:
        """The member of that name."""
        ...

    def system_message(self) -> str:
        """Description and instructions as the model gets them; empty when there are none."""
        ...

    def tool_schemas(self) -> list[ToolSchema]:
        """The tools as the model sees them."""
        ...

    def new_run(self, session_id: str, user_id: str | None, message: str) -> RunOutput:
        """A run that is not stored yet, with its system message and its input."""
        ...
