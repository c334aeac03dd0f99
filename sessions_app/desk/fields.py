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
        "naming_after_messages": spec.naming_after,
        "naming_delay": spec.naming_delay,
    }


def ticket_system_fields(spec: TicketSystemSpec) -> dict[str, Any]:
    """Return the fields of a new ticket system's row."""
    return {"slug": spec.slug, "name": spec.name, "url_template": spec.url_template, "pattern": spec.pattern}
