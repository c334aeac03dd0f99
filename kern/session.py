"""Sessions as the library returns them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args

from kern.errors import InvalidInputError, WrongTypeError
from kern.models.base import Model
from kern.records.message import Message, Role
from kern.records.run import RunOutput
from kern.validation.inputs import must_be_counts, shown

__all__ = [
    "CHAT_ROLES",
    "AgentSession",
    "NameSource",
    "SessionKind",
    "SessionOrder",
    "SessionPage",
    "SessionReader",
    "SessionSummaryManager",
    "TeamSession",
]

NameSource = Literal["human", "auto", "ticket", "provisional", "imported"]
SessionKind = Literal["agent", "team"]
SessionOrder = Literal["used", "created"]
CHAT_ROLES: tuple[Role, ...] = ("user", "assistant")


class SessionReader(Protocol):
    """The database's interface for a session's reads. Every `kern.db.base.Db` is one."""

    def runs(self, session_id: str, *, last_n: int | None = None) -> list[RunOutput]:
        """Return runs without a parent, oldest first, each with its messages and its members' runs."""
        ...

    def messages(
        self,
        session_id: str,
        *,
        last_n_runs: int | None = None,
        limit: int | None = None,
        before: str | None = None,
        roles: Sequence[Role] | None = None,
        members: bool = True,
    ) -> list[Message]:
        """Return messages as `AgentSession.get_messages` does; without `members`, those of members' runs are left out."""
        ...


@dataclass
class AgentSession:
    """One conversation: its id identifies it, its name is a label for people.

    Times are seconds since 1970. Runs and messages are read from the database when they are asked for, so holding a session
    costs the same for any length.
    """

    session_id: str
    db: SessionReader = field(repr=False, compare=False)
    user_id: str | None = None
    name: str | None = None
    name_source: NameSource | None = None
    name_version: int = 0
    kind: SessionKind = "agent"
    agent_id: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0
    #: Only set on the session that `Db.open_run` returns: the newest run before the opened one.
    previous_run_id: str | None = None

    @property
    def is_named_by_person(self) -> bool:
        """True if a person gave the name."""
        return self.name_source == "human"

    @property
    def runs(self) -> list[RunOutput]:
        """All runs without a parent, oldest first, each with its messages and its members' runs."""
        return self.db.runs(self.session_id)

    def get_messages(
        self,
        *,
        last_n_runs: int | None = None,
        limit: int | None = None,
        before: str | None = None,
        roles: Sequence[Role] | None = None,
        members: bool = True,
    ) -> list[Message]:
        """Return messages oldest first, of every run.

        Paused, failed and cancelled ones, tool and system messages too (rule L3).

        `last_n_runs` keeps the newest runs, `before` is a message id (exclusive), `limit` keeps the newest of what is left,
        `members=False` leaves out what went on between a team's leader and its members.
        """
        must_be_counts(last_n_runs=last_n_runs, limit=limit)
        _must_be_roles(roles)
        return self.db.messages(
            self.session_id, last_n_runs=last_n_runs, limit=limit, before=before, roles=roles, members=members
        )

    def get_chat_history(self, *, last_n_runs: int | None = None, limit: int | None = None) -> list[Message]:
        """Return only messages of user and assistant.

        No system or tool messages, no answers that are nothing but tool calls.
        """
        must_be_counts(last_n_runs=last_n_runs, limit=limit)
        said = self.get_messages(last_n_runs=last_n_runs, roles=CHAT_ROLES, members=False)
        words = [message for message in said if message.content]
        return words if limit is None else words[max(0, len(words) - limit) :]


class TeamSession(AgentSession):
    """A conversation with a team; members' runs hang below the leader's (`run.member_runs`)."""


class SessionPage(list[AgentSession]):
    """One page of a list of sessions.

    `next` is what to give as `before` for the page after this one; `None` on the last page.
    """

    def __init__(self, sessions: Iterable[AgentSession] = (), next: str | None = None) -> None:
        super().__init__(sessions)
        self.next = next

    @property
    def has_more(self) -> bool:
        """True if sessions come after this page."""
        return self.next is not None

    @classmethod
    def of(cls, found: Sequence[tuple[AgentSession, str]], limit: int, before: str | float | None) -> SessionPage:
        """Return the first `limit` of the found sessions (one more was looked for), each with its place in the list."""
        shown = found[:limit]
        place = shown[-1][1] if shown else before
        more = None if len(found) <= limit else "" if place is None else str(place)
        return cls([session for session, _ in shown], more)


@dataclass
class SessionSummaryManager:
    """The model for side work on sessions. Give a cheaper one than the agent's: names are generated with it (rule L11)."""

    model: Model | None = None


def _must_be_roles(roles: Sequence[Role] | None) -> None:
    """Raise `WrongTypeError` unless it is a list, `InvalidInputError` for roles that no message has."""
    if roles is None:
        return
    known = get_args(Role)
    if isinstance(roles, str | bytes) or not isinstance(roles, Iterable):
        raise WrongTypeError(f"roles is a list such as ['user', 'assistant'], not {shown(roles)}")
    unknown = [role for role in roles if role not in known]
    if unknown:
        raise InvalidInputError(f"there is no role {unknown[0]!r}; roles are {', '.join(known)}")
