"""The desk: the Python object that says which agents, queues, knowledge and ticket systems this installation runs."""

from sessions_app.desk.answering import (
    agent_for,
    default_model,
    is_offline,
    kind_of,
    lease_seconds,
    naming_model,
    offline_model,
    turn_seconds,
)
from sessions_app.desk.loading import current, load
from sessions_app.desk.rows import sync
from sessions_app.desk.specs import Desk, DeskError, QueueSpec, TicketSystemSpec, UnknownAgentError

__all__ = [
    "Desk",
    "DeskError",
    "QueueSpec",
    "TicketSystemSpec",
    "UnknownAgentError",
    "agent_for",
    "current",
    "default_model",
    "is_offline",
    "kind_of",
    "lease_seconds",
    "load",
    "naming_model",
    "offline_model",
    "sync",
    "turn_seconds",
]
