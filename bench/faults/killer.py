"""Somebody is killed again and again, or the disk is full, and a moment later all is well again."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

from bench.faults.world import World

#: From one death to the next so many customers get an answer: time alone would let nobody work on a slow machine. Then a moment
#: passes (seconds), so that the death meets whatever goes on; and without any answer it comes after so many seconds.
ANSWERS_BETWEEN = (3, 9)
MOMENT = (0.0, 2.0)
PATIENCE = 20.0
#: Seconds from a death to the new start.
AWAY = (0.2, 2.5)


class Killer:
    """Works in the thread that made the world (see `World`). `killed` counts the deaths."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.killed: Counter[str] = Counter()
        #: Processes that ended by themselves: a finding of its own.
        self.collapsed: list[str] = []
        self._world = world
        self._chance = chance
        self._away: dict[str, float] = {}

    def rage(self, answers: Callable[[], int], is_over: Callable[[], bool], seconds: float) -> None:
        """Kill until it is over, or so many seconds at most; then everybody is brought back. `answers` counts the progress."""
        end = time.monotonic() + seconds
        moments = self._moments(answers)
        while not is_over() and time.monotonic() < end:
            self._revive_due()
            self._look_for_collapsed()
            if next(moments):
                self._strike()
            time.sleep(0.05)
        self._revive_due(everybody=True)

    def _moments(self, answers: Callable[[], int]) -> Iterator[bool]:
        """Says each time whether it is time to kill."""
        while True:
            enough = answers() + self._chance.randint(*ANSWERS_BETWEEN)
            end = time.monotonic() + PATIENCE
            while answers() < enough and time.monotonic() < end:
                yield False
            moment = time.monotonic() + self._chance.uniform(*MOMENT)
            while time.monotonic() < moment:
                yield False
            yield True

    def watch(self, is_over: Callable[[], bool], seconds: float) -> float:
        """Kill nobody any more; returns after how many seconds it was over, at most the given ones."""
        began = time.monotonic()
        while not is_over() and time.monotonic() - began < seconds:
            self._look_for_collapsed()
            time.sleep(0.1)
        return time.monotonic() - began

    def _strike(self) -> None:
        there = {name: weight for name, weight in self._world.mortals.items() if name not in self._away}
        if not there:
            return
        victim = self._victim(there)
        self._world.kill(victim)
        self.killed[victim] += 1
        self._away[victim] = time.monotonic() + self._chance.uniform(*AWAY)

    def _victim(self, there: dict[str, int]) -> str:
        """Each once, in any order; then whom chance takes."""
        untried = [name for name in there if not self.killed[name]]
        if untried:
            return self._chance.choice(untried)
        return self._chance.choices(list(there), list(there.values()))[0]

    def _revive_due(self, *, everybody: bool = False) -> None:
        for name, due in list(self._away.items()):
            if everybody or due <= time.monotonic():
                self._world.revive(name)
                del self._away[name]

    def _look_for_collapsed(self) -> None:
        for name in self._world.dead():
            if name not in self._away:
                self.collapsed.append(name)
                print(f"  {name} ended by itself; see {self._world.log(name)}", file=sys.stderr)
                self._world.revive(name)
