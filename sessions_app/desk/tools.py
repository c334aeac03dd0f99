"""Tools of the desk's agents, teams and members."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sessions_app import desk

if TYPE_CHECKING:
    from kern.participants.participant import Participant
    from kern.tools import Tool


def tools_named(name: str) -> list[Tool]:
    """Return every tool of that name: several agents may each have their own."""
    return [tool for tool in _all_tools() if tool.name == name]


def tool_names() -> list[str]:
    """Return the names of all tools, sorted."""
    return sorted({tool.name for tool in _all_tools()})


def tools_of(agent_id: str) -> list[Tool]:
    """Return the tools of the agent or team with this id, its members' included; none where the desk has no such worker."""
    return [tool for worker in desk.current().workers if worker.id == agent_id for tool in _tools_of(worker)]


def all_tools() -> list[Tool]:
    """Return the tools of all agents, teams and members; one of several agents stands there for each."""
    return list(_all_tools())


def _all_tools() -> Iterator[Tool]:
    for worker in desk.current().workers:
        yield from _tools_of(worker)


def _tools_of(worker: Participant) -> Iterator[Tool]:
    yield from worker.tools
    for member in worker.members:
        yield from _tools_of(member)
