"""One turn of an agent or team."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from kern.records.message import Message, new_id
from kern.records.requirement import Requirement
from kern.validation.inputs import checked_id, optional_id

Status = Literal["pending", "running", "paused", "completed", "error", "cancelled"]
#: States of a tool call in the journal.
CallStatus = Literal["proposed", "started", "finished"]
ACTIVE: frozenset[str] = frozenset({"pending", "running", "paused"})


@dataclass(slots=True)
class RunMetrics:
    """The usage of a run. Tokens are the provider's counts; durations are seconds of work, waiting for people excluded."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    model_calls: int = 0
    tool_calls: int = 0
    duration: float = 0.0
    model_duration: float = 0.0
    time_to_first_token: float | None = None

    @property
    def total_tokens(self) -> int:
        """The sum of tokens in and out."""
        return self.input_tokens + self.output_tokens


@dataclass(slots=True)
class ToolExecution:
    """The journal of one tool call: proposed → started → finished, unique per (run, call).

    Started and not finished after its worker died means *uncertain*: it may have happened.
    """

    run_id: str
    call_id: str
    tool_name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    status: CallStatus = "proposed"
    result: str | None = None
    failed: bool = False
    worker: str = ""
    started_at: float | None = None
    finished_at: float | None = None


@dataclass(slots=True)
class RunOutput:
    """One turn: its input, steps, output, requirements and metrics.

    `content` is the answer (partial or empty unless `status` is completed); `error` says what went wrong, `permanent_error`
    whether trying again is pointless, `refused` whether a server refused its input for good, so that later requests leave it
    out. A member's run has `parent_run_id` and `parent_call_id` (the delegating call).
    `member_runs` are the child runs where they were loaded.
    """

    session_id: str
    run_id: str = field(default_factory=new_id)
    user_id: str | None = None
    agent_id: str = ""
    agent_name: str = ""
    model: str = ""
    parent_run_id: str | None = None
    parent_call_id: str | None = None
    status: Status = "pending"
    content: str = ""
    messages: list[Message] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    tools: list[ToolExecution] = field(default_factory=list)
    member_runs: list[RunOutput] = field(default_factory=list)
    metrics: RunMetrics = field(default_factory=RunMetrics)
    error: str = ""
    permanent_error: bool = False
    refused: bool = False
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)

    def check_ids(self) -> None:
        """Normalise the session's and the user's id to text, for storages. Raises `InvalidInputError`."""
        self.session_id = checked_id(self.session_id, "session_id")
        self.user_id = optional_id(self.user_id, "user_id")

    @property
    def is_paused(self) -> bool:
        """True if it waits for people."""
        return self.status == "paused"

    @property
    def is_active(self) -> bool:
        """True if it has not ended."""
        return self.status in ACTIVE

    @property
    def reasoning(self) -> str:
        """The model's thinking during the run, as far as the provider shows it; for the team, not for the customer."""
        return "\n\n".join(message.reasoning for message in self.messages if message.reasoning)

    def end(self, status: Status) -> None:
        """End it as `status`.

        Unless it completed, the members' active runs end the same way and open requirements are cancelled.
        """
        self.status = status
        if status == "completed":
            return
        for member in self.member_runs:
            if member.is_active:
                member.end(status)
        for item in self.active_requirements:
            item.status, item.decided_at = "cancelled", time.time()

    @property
    def may_still_be_stopped(self) -> bool:
        """True if a cancellation comes in time at its end: it would complete, and no person has sent its answer."""
        sent = any(item.reason == "draft" and item.status == "executed" for item in self.requirements)
        return self.status == "completed" and self.parent_run_id is None and not sent

    @property
    def active_requirements(self) -> list[Requirement]:
        """The requirements that still wait for an answer."""
        return [item for item in self.requirements if item.status == "pending"]
