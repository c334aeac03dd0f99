"""Events of a run, as a stream of small records (`agent.run(..., stream=True)`).

Every event names its run; a member's events carry the member's `run_id` and its `parent_run_id`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kern.errors import ModelError
from kern.records.requirement import Requirement
from kern.records.run import RunOutput

__all__ = [
    "RunCancelled",
    "RunCompleted",
    "RunContent",
    "RunEvent",
    "RunFailed",
    "RunPaused",
    "RunStarted",
    "StepStored",
    "ToolCallFinished",
    "ToolCallStarted",
]


@dataclass(slots=True)
class RunEvent:
    """Base of all events: the run, its agent and its session."""

    session_id: str
    run_id: str
    agent_name: str = ""
    parent_run_id: str | None = None

    @property
    def event(self) -> str:
        """The event's name, for programs that compare text: `RunStarted`, `RunContent`, …"""
        return type(self).__name__


@dataclass(slots=True)
class RunStarted(RunEvent):
    """The run was claimed and begins (or goes on after a pause)."""


@dataclass(slots=True)
class RunContent(RunEvent):
    """More text of the answer: `delta` is new, `content` all of this answer so far (replace with it)."""

    delta: str = ""
    content: str = ""


@dataclass(slots=True)
class ToolCallStarted(RunEvent):
    """A tool begins to run."""

    call_id: str = ""
    tool_name: str = ""
    arguments: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class ToolCallFinished(RunEvent):
    """A tool returned its result; `failed` when it raised, was unknown or got invalid arguments."""

    call_id: str = ""
    tool_name: str = ""
    result: str = ""
    failed: bool = False


@dataclass(slots=True)
class StepStored(RunEvent):
    """Rows were written: an answer, a tool's result, a requirement."""


@dataclass(slots=True)
class RunPaused(RunEvent):
    """The run waits for people; `requirements` are all unanswered ones, members' included."""

    requirements: list[Requirement] = field(default_factory=list)
    run: RunOutput | None = None


@dataclass(slots=True)
class RunCompleted(RunEvent):
    """The run is done; `run` is its stored record."""

    content: str = ""
    run: RunOutput | None = None


@dataclass(slots=True)
class RunCancelled(RunEvent):
    """The run was cancelled; partial text is kept in `run.content`."""

    run: RunOutput | None = None


@dataclass(slots=True)
class RunFailed(RunEvent):
    """The run failed by its model or deadline; `error` is the stored reason, `cause` the exception."""

    error: str = ""
    permanent: bool = False
    run: RunOutput | None = None
    cause: ModelError | None = None
