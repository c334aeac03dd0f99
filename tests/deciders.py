"""Processes in which people decide, customers write or the clock strikes, all at once, as often as they are told.

`python -m tests.deciders '[["DEED", REQUIREMENT, SEEN, PERSON…], …]'` forks a process for each list, which does the deed once
for each person at the same time, and prints a line for each list: what became of its deeds.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing.synchronize import Barrier

import django

#: Longest wait (seconds) of a process for the others, on a busy machine.
PATIENCE = 90
#: Inherited by the processes: none begins before all are ready.
_ready: Barrier


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


def do(name: str, requirement_pk: int, seen: int, *people: int) -> list[str]:
    """What became of the deed of each person."""
    from tests.deciding import all_at_once

    deeds = [deed_of(name, requirement_pk, seen, person) for person in people]
    _ready.wait(PATIENCE)
    return all_at_once(deeds)


def main() -> None:
    global _ready
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.faults.settings")
    django.setup()
    told = json.loads(sys.argv[1])
    # The program is loaded once; each process connects to the database by itself, since nothing has connected yet.
    fork = multiprocessing.get_context("fork")
    _ready = fork.Barrier(len(told))
    with ProcessPoolExecutor(len(told), mp_context=fork) as processes:
        for outcomes in [processes.submit(do, *deed) for deed in told]:
            print(*outcomes.result(), flush=True)


if __name__ == "__main__":
    main()
