"""A process of its own in which people decide, customers write or the clock strikes, all at once, as often as it is told.

`python -m tests.deciders DEED REQUIREMENT SEEN PERSON…` says `ready`, waits for a line on its input, does the deed once for
each person at the same time, and prints what became of each.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial

import django


def deed_of(name: str, requirement_pk: int, seen: int, person_pk: int) -> Callable[[], object]:
    """What one person does."""
    from sessions_app.actions import decisions, handover, messages
    from sessions_app.models import Person, Requirement
    from sessions_app.workers import expiry

    requirement = Requirement.objects.select_related("session").get(pk=requirement_pk)
    person = Person.objects.get(pk=person_pk)
    deeds: dict[str, Callable[[], object]] = {
        "approve": partial(decisions.approve, requirement, person, seen=seen),
        "expire": expiry.expire,
        "write": partial(messages.receive, requirement.session, "Please not!"),
        "take_over": partial(handover.take_over, requirement.session, person),
    }
    return deeds[name]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.faults.settings")
    django.setup()
    from tests.deciding import all_at_once

    name, *numbers = sys.argv[1:]
    requirement_pk, seen, *people = map(int, numbers)
    deeds = [deed_of(name, requirement_pk, seen, person) for person in people]
    print("ready", flush=True)
    sys.stdin.readline()
    print(*all_at_once(deeds), flush=True)


if __name__ == "__main__":
    main()
