"""A conversation as read by an import: its messages in order, its other fields, and its turns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from kern.records.message import Role, ToolCall
from sessions_app.management.importing.notes import Notes
from sessions_app.management.importing.vocabulary import AuthorKind, RunStatus

#: A tick between messages of one moment: what was said later stands later.
TICK = timedelta(microseconds=1)


@dataclass
class Entry:
    """One message. `calls` are the assistant's; `call_id` and `tool_name` are a tool result's; `reasoning` came before it."""

    role: Role
    content: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    call_id: str = ""
    tool_name: str = ""
    author_kind: AuthorKind = "system"
    author: str = ""
    email: str = ""
    internal: bool = False
    created_at: datetime | None = None
    model: str = ""
    status: RunStatus | None = None
    error: str = ""
    tokens: dict[str, int] = field(default_factory=dict)
    reasoning: str = ""
    is_item: bool = False

    @property
    def stands_alone(self) -> bool:
        """True if it belongs to no turn of the AI: people of the desk write beside them."""
        return self.author_kind == "person" or self.internal


@dataclass(frozen=True)
class Ticket:
    """A ticket of another system, as the line names it."""

    ticket_id: str
    system: str = ""


@dataclass
class Turn:
    """One turn of the AI: the customer's messages, and the agent's answers and calls."""

    entries: list[Entry] = field(default_factory=list)


@dataclass
class Conversation:
    """A line. `own_id` is the id it names, empty where it names none; `digest` tells its messages from all others."""

    own_id: str
    entries: list[Entry]
    notes: Notes = field(default_factory=Notes)
    name: str = ""
    name_source: str = "imported"
    user_id: str = ""
    customer_name: str = ""
    customer_email: str = ""
    status: str = ""
    snoozed_until: datetime | None = None
    assignee: str = ""
    queue: str = ""
    model: str = ""
    agent: str = ""
    tickets: list[Ticket] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    #: One of our words; empty is normal.
    priority: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    digest: str = ""
    made_at: str = ""

    def ids_for(self, customer: str) -> list[str]:
        """The line's own id, else one made from who wrote what and when: the same when it is read again, and no other's.

        After it those that an earlier version would have made.
        """
        if self.own_id:
            return [self.own_id]
        made_of = [f"{self.made_at}\n{customer}\n{self.digest}"] if self.made_at else []
        made_of += [f"{customer}\n{self.digest}"] if customer else []
        made = [hashlib.sha256(text.encode()).hexdigest() for text in made_of]
        return list(dict.fromkeys(f"import-{digest[:32]}" for digest in (*made, self.digest)))

    def turns(self) -> list[Turn]:
        """Return the entries as turns: a new one where a customer has written since the agent did.

        People's words and what no agent has answered are in none.
        """
        turns: list[Turn] = []
        waiting: list[Entry] = []
        asked_in: dict[str, Turn] = {}
        for entry in self.entries:
            if entry.stands_alone:
                # A person has answered what waited.
                waiting = waiting if entry.internal else [kept for kept in waiting if kept.role == "system"]
            elif entry.role == "tool" and entry.call_id in asked_in:
                # However late it came, a result stands with its call.
                asked_in.pop(entry.call_id).entries.append(entry)
            elif entry.role in ("user", "system"):
                waiting.append(entry)
            else:
                if waiting or not turns:
                    turns.append(Turn(waiting))
                    waiting = []
                turns[-1].entries.append(entry)
                asked_in |= {call.id: turns[-1] for call in entry.calls}
        instructions = [entry for entry in waiting if entry.role == "system"]
        if instructions and not turns:
            turns.append(Turn())
        if instructions:
            turns[-1].entries += instructions
        return turns

    def set_times(self) -> None:
        """Give every entry a moment after the one before it, where the line names none; note what lies the wrong way round."""
        moment = self.created_at or next((entry.created_at for entry in self.entries if entry.created_at), None)
        if moment is None:
            self.notes.add("", "no moment is named: the conversation stands where it is imported")
            moment = self.updated_at or datetime.now(UTC)
        last = moment - TICK
        for number, entry in enumerate(self.entries, start=1):
            if entry.created_at is not None and entry.created_at < last.replace(microsecond=0):
                self.notes.add(f"message {number}", "a message is older than the one before it; its time is kept")
            elif entry.created_at is None or entry.created_at <= last:
                entry.created_at = last + TICK
            last = max(last, entry.created_at)
        self.created_at = min(moment, *(entry.created_at or moment for entry in self.entries)) if self.entries else moment
