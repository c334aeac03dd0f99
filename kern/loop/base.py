"""The loop's interface to the agent or team whose run it works."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kern.models.base import Model, ToolSchema
from kern.records.run import RunOutput
from kern.tools import Tool


class Actor(Protocol):
    """An agent or team, as the loop uses it. `kern.participants.participant.Participant` is one."""

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
        """Return the member of that name."""
        ...

    def system_message(self) -> str:
        """Return description and instructions for the model; empty when there are none."""
        ...

    def tool_schemas(self) -> list[ToolSchema]:
        """Return the tools' schemas for the model."""
        ...

    def new_run(self, session_id: str, user_id: str | None, message: str) -> RunOutput:
        """Return a new unsaved run, with its system message and its input."""
        ...
