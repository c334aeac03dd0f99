"""Renews the leases of the runs this process works on, from one thread, however many runs there are."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from kern.errors import KernError

log = logging.getLogger("kern.heartbeat")
#: A lease is renewed this often before it would run out.
BEATS_PER_LEASE = 3
#: With nothing to renew the thread looks once more after this many seconds, so that short turns in a row need not wake it.
LINGER = 5.0


@dataclass(slots=True)
class _Beat:
    renew: Callable[[], None]
    every: float
    due: float


class Heartbeat:
    """One daemon thread that calls `renew` of each registered claim. Starts when needed, rests when nothing is registered."""

    def __init__(self) -> None:
        self._start_afresh()
        os.register_at_fork(after_in_child=self._start_afresh)

    def _start_afresh(self) -> None:
        self._wake = threading.Condition()
        self._beats: dict[int, _Beat] = {}
        self._last_key = 0
        self._wakes_at = math.inf
        self._lingered = False
        self._running = False

    def add(self, renew: Callable[[], None], lease: float) -> int:
        """Call `renew` every third of `lease` seconds until `remove`. Returns the key for `remove`."""
        every = lease / BEATS_PER_LEASE
        due = time.monotonic() + every
        with self._wake:
            self._last_key += 1
            self._beats[self._last_key] = _Beat(renew, every, due)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="kern-heartbeat", daemon=True).start()
            elif due < self._wakes_at:
                self._wake.notify()
            return self._last_key

    def remove(self, key: int) -> None:
        """Stop renewing."""
        with self._wake:
            self._beats.pop(key, None)

    def _run(self) -> None:
        while True:
            for beat in self._wait_for_due():
                self._renew(beat)

    def _wait_for_due(self) -> list[_Beat]:
        with self._wake:
            now = time.monotonic()
            if self._beats:
                self._wakes_at = min(beat.due for beat in self._beats.values())
            else:
                self._wakes_at = math.inf if self._lingered else now + LINGER
            self._lingered = not self._beats
            self._wake.wait(None if self._wakes_at == math.inf else max(0.01, self._wakes_at - now))
            now = time.monotonic()
            due = [beat for beat in self._beats.values() if beat.due <= now]
            for beat in due:
                beat.due = now + beat.every
            return due

    def _renew(self, beat: _Beat) -> None:
        try:
            beat.renew()
        except KernError as error:
            # The next beat tries again; if the lease runs out, the next write of the work says so.
            log.warning("a lease could not be renewed: %s", error)


heartbeat = Heartbeat()
