"""One library whose turns are timed: its sessions of each size, and how long its turns took."""

from __future__ import annotations

import sqlite3
import statistics
from collections import defaultdict
from contextlib import closing
from pathlib import Path

from bench.effort import Effort
from bench.library.driver_process import DriverProcess, fresh_file

MODES = ("warm", "cold", "memory")
#: While it is timed, a session grows by no more than this share of its size; then the next one is taken.
GROWTH = 0.2


class Subject:
    """The library of `driver`; `memory` is a folder on a memory disk, where there is one."""

    def __init__(self, driver: DriverProcess, effort: Effort, memory: Path | None) -> None:
        self.library = driver.library
        #: Seconds of each turn by mode and size.
        self.seconds: dict[tuple[str, int], list[float]] = defaultdict(list)
        #: The processor's part of it, which other programs on the machine disturb less.
        self.cpu: dict[tuple[str, int], list[float]] = defaultdict(list)
        #: Messages that the model saw in a session of that size.
        self.shown: dict[int, int] = {}
        self._driver = driver
        self._effort = effort
        self._memory = memory
        self._files: dict[str, str] = {}
        self._timed = 0

    def fill(self, disk: Path) -> None:
        """Make the sessions, in memory where possible because that is quicker; copy them to `disk`; warm the code up.

        Raises `CannotMeasureError`.
        """
        on_disk = fresh_file(self.library, "turns", disk)
        made = fresh_file(self.library, "turns", self._memory) if self._memory else on_disk
        self._files = {"warm": on_disk, "cold": on_disk, "memory": made}
        for session_id, size in self._sessions().items():
            self._driver.ask("turns", file=made, session_ids=[session_id] * size)
        if made != on_disk:
            with closing(sqlite3.connect(made)) as source, closing(sqlite3.connect(on_disk)) as copy:
                source.backup(copy)
        for cold in (False, True):
            self._driver.ask("turns", file=on_disk, session_ids=["warm-up"] * self._effort.block, cold=cold)

    def time_block(self, mode: str) -> None:
        """Some turns, the sizes taking turns so that noise hits all of them. Raises `CannotMeasureError`."""
        numbers = range(self._timed, self._timed + self._effort.block)
        self._timed = numbers.stop
        sizes = [size for _ in numbers for size in self._effort.sizes]
        session_ids = [self._session(size, number) for number in numbers for size in self._effort.sizes]
        answer = self._driver.ask("turns", file=self._files[mode], session_ids=session_ids, cold=mode == "cold")
        for size, (seconds, cpu, shown) in zip(sizes, answer["turns"], strict=True):
            self.seconds[mode, size].append(seconds)
            self.cpu[mode, size].append(cpu)
            self.shown[size] = shown

    def median(self, mode: str, size: int) -> float:
        """Median seconds of a turn."""
        return statistics.median(self.seconds[mode, size])

    def _sessions(self) -> dict[str, int]:
        """Every session that must exist, with its size."""
        turns = len(MODES) * self._effort.rounds * self._effort.block
        return {self._session(size, turn): size for size in self._effort.sizes if size for turn in range(turns)}

    def _session(self, size: int, turn: int) -> str:
        """The session for the turn of that number: a new one each turn where the size is 0."""
        return f"{size} runs, {turn // max(1, int(size * GROWTH))}"
