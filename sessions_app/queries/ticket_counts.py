"""The number of tickets that need a look, as the sidebar of every page shows it: up to a minute old.

Finding them reads all conversations that are worked, which is too much for every page. The Tickets page counts anew.
"""

from __future__ import annotations

from django.core.cache import cache

from sessions_app.models import Person

#: Seconds.
KEPT_FOR = 60


def known(person: Person) -> int | None:
    """Return the number that was counted for this person lately."""
    found = cache.get(_key(person))
    return found if isinstance(found, int) else None


def remember(person: Person, number: int) -> int:
    """Keep a number that was just counted, and return it."""
    cache.set(_key(person), number, KEPT_FOR)
    return number


def _key(person: Person) -> str:
    return f"tickets-to-look-at:{person.pk}"
