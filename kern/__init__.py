"""Agents that talk in sessions: the public names in one place. Each name is loaded at its first use.

The modules `agent`, `team`, `errors`, `events`, `session`, `testing`, `tools`, `db.sqlite` and `models.openai` are public, too;
what their `__all__` does not name may change from one version to the next.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kern.agent import Agent
    from kern.errors import KernError
    from kern.records.message import Message, ToolCall
    from kern.records.policy import Policy, Threshold
    from kern.records.requirement import InputField, Requirement
    from kern.records.run import RunMetrics, RunOutput, ToolExecution
    from kern.session import AgentSession, TeamSession
    from kern.team import Team
    from kern.tools import RunContext, Tool, tool

__all__ = [
    "Agent",
    "AgentSession",
    "InputField",
    "KernError",
    "Message",
    "Policy",
    "Requirement",
    "RunContext",
    "RunMetrics",
    "RunOutput",
    "Team",
    "TeamSession",
    "Threshold",
    "Tool",
    "ToolCall",
    "ToolExecution",
    "tool",
]

_NAMES_OF = {
    "kern.agent": ("Agent",),
    "kern.errors": ("KernError",),
    "kern.records.message": ("Message", "ToolCall"),
    "kern.records.policy": ("Policy", "Threshold"),
    "kern.records.requirement": ("InputField", "Requirement"),
    "kern.records.run": ("RunMetrics", "RunOutput", "ToolExecution"),
    "kern.session": ("AgentSession", "TeamSession"),
    "kern.team": ("Team",),
    "kern.tools": ("RunContext", "Tool", "tool"),
}
_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'kern' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULE_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
