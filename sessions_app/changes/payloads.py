"""Payloads of changes beside kind, session, author and time: one class a shape, all of it plain JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Payload:
    """An empty payload: the kind says it all."""

    def as_data(self) -> dict[str, Any]:
        """The fields, as `Change.data` holds them."""
        return asdict(self)


NOTHING = Payload()


@dataclass(frozen=True)
class OfMessage(Payload):
    """The id of the message."""

    message: str


@dataclass(frozen=True)
class OfRun(Payload):
    """The id of the run."""

    run: str


@dataclass(frozen=True)
class RunStarted(OfRun):
    """`attempt` counts the workers that had the turn, from 1; 0 where a program runs it in its own process."""

    attempt: int


@dataclass(frozen=True)
class RunRecovered(OfRun):
    """`attempts` counts the workers that had the turn so far."""

    attempts: int


@dataclass(frozen=True)
class OfStep(OfRun):
    """`root` is the turn that the run belongs to, or the run itself."""

    root: str


@dataclass(frozen=True)
class OutcomeKept(OfStep):
    """`tool` is the name of the tool whose call had begun."""

    tool: str


@dataclass(frozen=True)
class OfRequirement(Payload):
    """The requirement's key, and the name of the tool that it is about."""

    requirement: int
    tool: str


@dataclass(frozen=True)
class Asked(OfRequirement):
    """`asks` is the requirement's kind."""

    asks: str


@dataclass(frozen=True)
class Dropped(OfRequirement):
    """`before` is the requirement's status until then: pending, or approved or answered by people."""

    before: str


@dataclass(frozen=True)
class Reopened(OfRequirement):
    """`before` is the key of the requirement that expired."""

    before: int


@dataclass(frozen=True)
class FirstApproval(OfRequirement):
    """`line` is the key of the decision log's line; `changed` says that the arguments are not those that were proposed."""

    changed: bool
    line: int


@dataclass(frozen=True)
class Reminded(OfRequirement):
    """`assignee` is the name of the person who was reminded."""

    assignee: str


@dataclass(frozen=True)
class Named(Payload):
    """The new name and its source, one of `Session.NameSource`; "fallback" in rows of before version 0.2."""

    name: str
    source: str


@dataclass(frozen=True)
class NotNamed(Payload):
    """`why` no name was made; `again` says that it is tried once more."""

    why: str
    again: bool


@dataclass(frozen=True)
class Suggested(Payload):
    """The suggested name."""

    name: str


@dataclass(frozen=True)
class OfTicket(Payload):
    """The ticket's id in its system, and the system's slug."""

    ticket: str
    system: str


@dataclass(frozen=True)
class TicketLinked(OfTicket):
    """`link` is the key of the link's row."""

    link: int


@dataclass(frozen=True)
class TicketChanged(OfTicket):
    """Title and state as its system calls them; `news` are those of them that are new."""

    title: str
    state: str
    news: str


@dataclass(frozen=True)
class Assigned(Payload):
    """The name of the new assignee, empty for none; `former` is the key of the one before."""

    assignee: str
    former: int | None = None


@dataclass(frozen=True)
class Moved(Payload):
    """Slug and name of the queue before and of the one since then; those before are empty for a session in no queue.

    `former` is the key of the person who had the session before.
    """

    before: str
    before_name: str
    queue: str
    queue_name: str
    former: int | None = None


@dataclass(frozen=True)
class OfLabel(Payload):
    """The name that the label had, and its key."""

    label: str
    key: int


@dataclass(frozen=True)
class Prioritized(Payload):
    """The words of the new priority and of the one `before`: urgent, high, normal or low."""

    priority: str
    before: str


@dataclass(frozen=True)
class Merged(Payload):
    """Id and name of the conversation that went into the other one."""

    session: str
    name: str


@dataclass(frozen=True)
class NeedsPerson(Payload):
    """`reason` is one of `models.person_wanted.Reason`; `why` are the words of the one who handed over."""

    reason: str
    why: str


@dataclass(frozen=True)
class Waiting(Payload):
    """The side whose turn it is since then and the one `before`, and the time since when; empty where it is no side's."""

    waiting_for: str
    before: str
    since: str


@dataclass(frozen=True)
class PutAway(Payload):
    """`stood` is what undoing restores: the status before, and the request for a person; empty in older rows."""

    stood: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Snoozed(Payload):
    """The end as an ISO time, empty for one that ends when the customer writes; `stood` as in `PutAway`."""

    until: str
    stood: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OfMode(Payload):
    """The AI mode since then; empty for the queue's own."""

    mode: str


@dataclass(frozen=True)
class Imported(Payload):
    """The number of imported runs and messages, and a digest of the source line."""

    runs: int
    messages: int
    digest: str
