"""Naming rules for tests."""

from __future__ import annotations

from typing import Any

from sessions_app.models import NamingPolicy, Queue


def name_by(queue: Queue | None = None, **columns: Any) -> NamingPolicy:
    """Set these columns of the queue's naming rules, or of the whole desk's."""
    return NamingPolicy.objects.update_or_create(queue=queue, defaults=columns)[0]
