"""The classes in which a desk is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kern.agent import Agent
from kern.models.offline import Article
from kern.team import Team
from sessions_app.models import Session


class DeskError(Exception):
    """The desk is invalid. The text is one line with the reason and the remedy."""


class UnknownAgentError(DeskError):
    """A queue or a run names an agent that the desk doesn't have."""


@dataclass
class QueueSpec:
    """A queue of the desk. Only `agent` is updated later; admins change the rest on the row.

    `naming_after` counts messages, `naming_delay` is in seconds.
    """

    slug: str
    name: str
    agent: Agent | Team
    icon: str = "inbox"
    welcome: str = ""
    ai_mode: str = "autopilot"
    naming_after: int = 3
    naming_delay: int = 10


@dataclass
class TicketSystemSpec:
    """A ticket system; `url_template` has `{id}` where the ticket's id goes, `pattern` is the form of its ids."""

    slug: str
    name: str
    url_template: str
    pattern: str = ""


@dataclass
class Desk:
    """All agents, teams, queues and ticket systems of this installation.

    Agents of queues need not be listed in `agents` or `teams`. `naming_policy(name, session)` judges every name after the
    rules that admins set, at every door: it returns the name, or another one, or raises `InvalidSessionNameError` (or any
    `ValueError`) with the reason, and with `proposal=…` for a name that passes. A name that it returned it must leave as it is
    when it meets it again. It is called in the transaction that writes the name, so it must be quick and write nothing.
    Every agent gets a tool `hand_over` with which it hands a conversation over to people; `hand_over=False` is for models that
    know no tools.
    """

    name: str
    queues: list[QueueSpec]
    agents: list[Agent] = field(default_factory=list)
    teams: list[Team] = field(default_factory=list)
    knowledge: list[Article] = field(default_factory=list)
    ticket_systems: list[TicketSystemSpec] = field(default_factory=list)
    naming_policy: Callable[[str, Session], str] | None = None
    hand_over: bool = True

    @property
    def workers(self) -> list[Agent | Team]:
        """Return every agent and team that can lead a session, each once."""
        listed = [*self.agents, *self.teams, *(queue.agent for queue in self.queues)]
        return list({id(worker): worker for worker in listed}.values())
