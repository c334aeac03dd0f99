"""Validation of agents' and teams' arguments when one is made: a mistake is raised there, not in a customer's first turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from kern.db.base import Db
from kern.errors import InvalidInputError, WrongTypeError
from kern.loop.delegation import DELEGATE
from kern.models.base import Model
from kern.records.drafts import SEND_ANSWER
from kern.session import SessionSummaryManager
from kern.tools import Tool, as_tool
from kern.validation.inputs import Id, checked_seconds, must_be_count, must_be_texts, shown

Instructions = str | Sequence[str] | Callable[[], str]
Tools = Iterable[Tool | Callable[..., Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The arguments of `Agent` and `Team` (see there). Raises `WrongTypeError` or `InvalidInputError` for invalid ones."""

    model: Model | None
    db: Db | None
    name: str
    agent_id: Id | None
    description: str
    instructions: Instructions
    tools: Tools
    session_id: Id | None
    user_id: Id | None
    cache_session: bool
    add_history_to_context: bool
    num_history_runs: int
    max_history_tokens: int | None
    max_tool_output_chars: int | None
    tool_call_limit: int | None
    review_answers: bool
    session_summary_manager: SessionSummaryManager | None
    deadline: float | None
    lease: float

    def check(self, kind: str) -> None:
        """Raise for invalid settings; `kind` names the participant where it has no name."""
        must_be_sizes(self.num_history_runs, self.max_history_tokens, self.max_tool_output_chars, self.tool_call_limit)
        must_be_made_of(self.name or kind, self.model, self.db)
        must_be_texts(name=self.name, description=self.description)
        must_be_instructions(self.instructions)


class Changes(TypedDict, total=False):
    """The attributes that a copy of a participant may have of its own (see `Participant.bound`)."""

    name: str
    description: str
    instructions: Instructions
    tools: list[Tool]
    session_id: str | None
    user_id: str | None
    add_history_to_context: bool
    num_history_runs: int
    max_history_tokens: int | None
    max_tool_output_chars: int | None
    tool_call_limit: int | None
    review_answers: bool
    session_summary_manager: SessionSummaryManager | None
    deadline: float | None
    lease: float


def must_be_sizes(runs: int, tokens: int | None, output_chars: int | None, tool_call_limit: int | None) -> None:
    """Raise `WrongTypeError` or `InvalidInputError` unless these are sizes of a history and a limit of calls."""
    must_be_count("num_history_runs", runs)
    if runs < 1:
        raise InvalidInputError("num_history_runs is at least 1; add_history_to_context=False turns the history off")
    for name, size in (("max_history_tokens", tokens), ("max_tool_output_chars", output_chars)):
        if size is not None:
            must_be_count(name, size, least=1)
    if tool_call_limit is not None:
        must_be_count("tool_call_limit", tool_call_limit)


def must_be_made_of(who: str, model: object, db: object) -> None:
    """Raise `WrongTypeError` unless these are a model and a database."""
    if not _has(model, "stream"):
        raise WrongTypeError(f"{who}: {model!r} is no model; write model=OpenAIResponses(id='…')")
    if not _has(db, "open_run"):
        raise WrongTypeError(f"{who}: {db!r} is no database; write db=SqliteDb(db_file='…')")


def must_be_instructions(instructions: object) -> None:
    """Raise `WrongTypeError` unless it is text, lines or a function."""
    is_lines = isinstance(instructions, list | tuple) and all(isinstance(line, str) for line in instructions)
    if not (isinstance(instructions, str) or is_lines or callable(instructions)):
        raise WrongTypeError(f"instructions is text, a list of lines or a function, not {shown(instructions)}")


def checked_lease(lease: float) -> float:
    """Return the lease in seconds. Raises `WrongTypeError` or `InvalidInputError` for an invalid one."""
    seconds = checked_seconds("lease", lease)
    if seconds is None:
        raise WrongTypeError("lease is a number of seconds; a run cannot be kept from others for ever")
    return seconds


def checked_tools(tools: Tools, *, is_team: bool) -> list[Tool]:
    """Return the tools, plain functions wrapped.

    Raises `TypeError` for other objects, `ValueError` for names that are taken.
    """
    if isinstance(tools, str | bytes | Tool) or not isinstance(tools, Iterable):
        raise WrongTypeError(f"tools is a list of functions, not {shown(tools)}")
    made = [as_tool(item) for item in tools]
    names = [tool.name for tool in made]
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        raise ValueError(f"two tools have the name {', '.join(sorted(doubled))}; names must differ")
    if is_team and DELEGATE in names:
        raise ValueError(f"no tool of a team may be named {DELEGATE}: that is how its leader gives work to members")
    if SEND_ANSWER in names:
        raise ValueError(f"no tool may be named {SEND_ANSWER}: answers that people look through have that name")
    return made


def _has(part: object, verb: str) -> bool:
    """Return True for None or an instance that has the method; False for classes and text."""
    return part is None or (not isinstance(part, type) and callable(getattr(part, verb, None)))
