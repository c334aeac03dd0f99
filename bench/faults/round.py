"""One round: a fresh installation, its customers and people, the killing, and the verdict."""

from __future__ import annotations

import json
import random
import shutil
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench.faults.client import Client
from bench.faults.customers import Crowd, Customer
from bench.faults.killer import Killer
from bench.faults.people import Person
from bench.faults.verdict import COLLAPSED, INVALID, REFUSED, Verdict, as_json, judge
from bench.faults.world import World

#: Everything must be settled so many seconds after the last kill.
SETTLED_WITHIN = 60.0
#: Nobody is killed longer than that (seconds), even if customers still have something to say.
LONGEST_RAGE = 600.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is asked for."""

    turns: int = 200
    sessions: int = 40


@dataclass(slots=True)
class Outcome:
    """What one round came to."""

    verdict: Verdict
    messages: int
    killed: Counter[str]
    settled_after: float
    decided: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    #: What hung: tools, and answers of the model.
    hung: Counter[str] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not any(self.verdict.found.values())


def play(folder: Path, database: str, size: Size, seed: int) -> Outcome:
    """Play one round. Raises `CannotMeasureError` when the installation does not start."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with World(folder, database) as world:
        outcome = _play(world, size, seed)
        outcome.hung["tool"] = world.journal.hung
    asked = json.loads((folder / "model.json").read_text())
    outcome.verdict.add(INVALID, asked["rejections"])
    outcome.hung["model"] = asked["silences"]
    (folder / "verdict.json").write_text(as_json(outcome.verdict))
    return outcome


def _play(world: World, size: Size, seed: int) -> Outcome:
    chance = random.Random(seed)
    stop = threading.Event()
    clients = [Client(world.port, token) for token in world.tokens["customers"]]
    people = [Person(name, Client(world.port, token), world.journal, stop) for name, token in world.tokens["people"].items()]
    crowd = Crowd(
        [
            Customer(
                number,
                clients[number % len(clients)],
                size.turns // size.sessions + (number < size.turns % size.sessions),
                random.Random(f"{seed}-{number}"),
                people[0].retry,
                stop,
            )
            for number in range(size.sessions)
        ]
    )
    killer = Killer(world, chance)
    for person in people:
        person.start()
    crowd.start()
    killer.rage(lambda: crowd.answers, lambda: crowd.has_said_all, LONGEST_RAGE)
    settled_after = killer.watch(lambda: crowd.is_settled, SETTLED_WITHIN)
    stop.set()
    verdict = judge(crowd.customers, people[0].client, world.journal)
    verdict.add(COLLAPSED, killer.collapsed)
    for person in people:
        verdict.add(REFUSED, person.problems)
    everybody = [*clients, *(person.client for person in people)]
    return Outcome(
        verdict,
        messages=sum(len(customer.sent) for customer in crowd.customers),
        killed=killer.killed,
        settled_after=settled_after,
        decided=sum((Counter(person.decided) for person in people), Counter()),
        troubles=sum((Counter(client.troubles) for client in everybody), Counter()),
    )


def say(text: str) -> None:
    """Progress, beside the report."""
    print(text, file=sys.stderr, flush=True)
