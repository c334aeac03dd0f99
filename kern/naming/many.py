"""Names for many sessions, generated side by side (rule L11 holds for each)."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, Literal, Protocol, TypeGuard, TypeVar

from kern.errors import KernError
from kern.models.base import Model, Usage
from kern.naming.counting import Counted, without_retries
from kern.naming.pace import Calls, Pace
from kern.threads.side_by_side import each_aside
from kern.validation.inputs import Id, checked_id, must_be_count


class NamedSession(Protocol):
    """A session as far as naming looks at it. `AgentSession` is one."""

    session_id: str
    name: str | None
    name_version: int

    @property
    def is_named_by_person(self) -> bool: ...


Found = TypeVar("Found", bound=NamedSession)


class Namer(Protocol[Found]):
    """An agent or a team as far as naming uses it."""

    @property
    def naming_model(self) -> Model: ...
    def require_session(self, session_id: str) -> Found: ...
    def generate_session_name(self, session: Found, *, model: Model | None = None) -> Found: ...


@dataclass(frozen=True, slots=True)
class NamingOutcome:
    """The outcome for one session.

    `named`: it has the generated `name`. `kept`: it stays as it is, because a person named it, or it was renamed meanwhile.
    `failed`: `error` says why, and the old name stands. `usage` counts the tokens of all tries.
    """

    session_id: str
    status: Literal["named", "kept", "failed"]
    name: str | None = None
    error: KernError | None = None
    usage: Usage = field(default_factory=Usage)


def name_sessions(
    agent: Namer[Found],
    sessions: Iterable[Found | Id],
    *,
    concurrency: int = 16,
    pace: Pace | None = None,
    tries: int = 5,
) -> Generator[NamingOutcome, None, None]:
    """Generate names for sessions (or their ids), `concurrency` at a time; yield an outcome for each as it comes.

    Sessions that a person named are kept. `sessions` is read on as there is room, so it may be `agent.iter_sessions()`. One
    session's failure stops no other. A failure that can pass is tried again, `tries` times in all; a server that asks for fewer
    requests (429) slows all of them down (see `Pace`, which several calls may share). Closing the generator calls off what is
    under way: nothing is written after that.
    """
    must_be_count("concurrency", concurrency, least=1)
    work = _Work(agent, Calls(pace or Pace(at_once=concurrency), tries))
    return each_aside(sessions, work.outcome, concurrency)


class _Work(Generic[Found]):
    """The naming of many sessions with one model."""

    def __init__(self, agent: Namer[Found], calls: Calls) -> None:
        self.agent, self.calls = agent, calls
        self.model = without_retries(agent.naming_model)

    def outcome(self, wanted: Found | Id) -> NamingOutcome:
        model = Counted(self.model)
        key = str(getattr(wanted, "session_id", wanted))
        try:
            session = wanted if _is_session(wanted) else self.agent.require_session(checked_id(wanted, "session_id"))
            if session.is_named_by_person:
                return NamingOutcome(key, "kept", session.name)
            ask = partial(self.agent.generate_session_name, session, model=model)
            renamed = self.calls.call(ask, lambda: model.usage)
        except KernError as error:
            return NamingOutcome(key, "failed", error=error, usage=model.usage)
        is_ours = renamed.name_version == session.name_version + 1 and not renamed.is_named_by_person
        return NamingOutcome(key, "named" if is_ours else "kept", renamed.name, usage=model.usage)


def _is_session(wanted: Found | Id) -> TypeGuard[Found]:
    return hasattr(wanted, "name_version")
