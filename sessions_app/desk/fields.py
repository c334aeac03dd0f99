"""Conversion of a desk's specs to the fields of its rows."""

from __future__ import annotations

from typing import Any

from sessions_app.desk.specs import QueueSpec, TicketSystemSpec


def queue_fields(spec: QueueSpec, position: int) -> dict[str, Any]:
    """Return the fields of a new queue's row."""
    return {
        "slug": spec.slug,
        "name": spec.name,
        "icon": spec.icon,
        "position": position,
        "agent_id": spec.agent.id,
        "ai_mode": spec.ai_mode,
        "welcome": spec.welcome,
    }


def naming_fields(spec: QueueSpec) -> dict[str, Any]:
    """Return the fields of a new queue's naming rules: those in which the desk's file differs from the product's defaults."""
    said = {"after_messages": spec.naming_after, "delay": spec.naming_delay}
    defaults = {"after_messages": QueueSpec.naming_after, "delay": QueueSpec.naming_delay}
    return {name: value for name, value in said.items() if value != defaults[name]}


def ticket_system_fields(spec: TicketSystemSpec) -> dict[str, Any]:
    """Return the fields of a new ticket system's row."""
    return {"slug": spec.slug, "name": spec.name, "url_template": spec.url_template, "pattern": spec.pattern}
