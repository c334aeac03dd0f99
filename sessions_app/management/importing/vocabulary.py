"""Words of other systems for the parts of a conversation, and ours for them; docs/import.md lists them."""

from __future__ import annotations

from typing import Any, Literal, get_args

from kern.records.message import Role
from kern.session import NameSource

AuthorKind = Literal["customer", "agent", "person", "system"]
RunStatus = Literal["completed", "error", "cancelled"]

ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
#: Kinds of authors, in our words and in those of other systems. `agent` is the AI, as everywhere here.
AUTHORS: dict[str, AuthorKind] = {
    "customer": "customer",
    "user": "customer",
    "end_user": "customer",
    "requester": "customer",
    "contact": "customer",
    "visitor": "customer",
    "agent": "agent",
    "ai": "agent",
    "bot": "agent",
    "assistant": "agent",
    "person": "person",
    "human": "person",
    "staff": "person",
    "operator": "person",
    "teammate": "person",
    "admin": "person",
    "system": "system",
}
KIND_OF_ROLE: dict[Role, AuthorKind] = {"user": "customer", "assistant": "agent", "tool": "system", "system": "system"}
ROLE_OF_KIND: dict[AuthorKind, Role] = {"customer": "user", "agent": "assistant", "person": "assistant", "system": "system"}
#: Ends of a turn. A turn that had not ended in the other system cannot go on: it counts as cancelled.
RUN_STATUSES: dict[str, RunStatus] = {
    "completed": "completed",
    "complete": "completed",
    "finished": "completed",
    "finished_successfully": "completed",
    "done": "completed",
    "success": "completed",
    "error": "error",
    "failed": "error",
    "failure": "error",
    "incomplete": "error",
    "expired": "error",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "cancelling": "cancelled",
    "stopped": "cancelled",
    "interrupted": "cancelled",
    "in_progress": "cancelled",
    "running": "cancelled",
    "queued": "cancelled",
    "pending": "cancelled",
    "paused": "cancelled",
    "requires_action": "cancelled",
}
CREATED = ("created_at", "create_time", "created", "timestamp", "time", "date", "createdAt")
UPDATED = ("updated_at", "update_time", "updated", "last_activity_at", "updatedAt")
#: Statuses of a conversation, in our words and in those of other systems.
STATUSES: dict[str, str] = {
    "open": "open",
    "new": "open",
    "active": "open",
    "opened": "open",
    "in_progress": "open",
    "hold": "open",
    "on_hold": "open",
    "snoozed": "snoozed",
    "pending": "snoozed",
    "waiting": "snoozed",
    "waiting_on_customer": "snoozed",
    "awaiting_reply": "snoozed",
    "closed": "closed",
    "close": "closed",
    "solved": "closed",
    "resolved": "closed",
    "done": "closed",
    "completed": "closed",
    "archived": "closed",
    "spam": "spam",
    "junk": "spam",
}

#: Priorities, in our words and in those of other systems.
PRIORITIES: dict[str, str] = {
    "urgent": "urgent",
    "critical": "urgent",
    "emergency": "urgent",
    "high": "high",
    "important": "high",
    "normal": "normal",
    "medium": "normal",
    "none": "normal",
    "low": "low",
}


def word(value: Any) -> str:
    """Return a word in the form of these tables, without its capitals, spaces and hyphens; empty for other types."""
    return "_".join(value.lower().replace("-", " ").replace("_", " ").split()) if isinstance(value, str) else ""


def author_kind(value: Any) -> AuthorKind:
    kind = AUTHORS.get(word(value))
    if kind is None:
        raise ValueError("it is none of customer, agent, person, system")
    return kind


def run_status(value: Any) -> RunStatus:
    status = RUN_STATUSES.get(word(value))
    if status is None:
        raise ValueError("it is none of completed, error, cancelled")
    return status


def conversation_status(value: Any) -> str:
    status = STATUSES.get(word(value))
    if status is None:
        raise ValueError("it is none of open, snoozed, closed, spam or a word for them; it counts as none")
    return status


def priority(value: Any) -> str:
    found = PRIORITIES.get(word(value))
    if found is None:
        raise ValueError("it is none of urgent, high, normal, low or a word for them; it counts as normal")
    return found


def name_source(value: Any) -> str:
    if value == "fallback":
        return "provisional"
    if value not in get_args(NameSource):
        raise ValueError(f"it is none of {', '.join(get_args(NameSource))}; the name counts as imported")
    return str(value)
