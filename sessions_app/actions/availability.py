"""Availability of people: whether conversations are given to them by the rules of their queues."""

from __future__ import annotations

from sessions_app.models import Person


def put(person: Person, *, available: bool) -> None:
    """Set whether the person is available. They keep what is theirs; nothing but this, or an admin, ever changes it."""
    person.is_away = not available
    person.save(update_fields=["is_away"])
