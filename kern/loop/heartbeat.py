"""Renew the leases of this process's runs and receive cancellations, on one thread.

However many runs there are: each renewal is one write in a third of a lease, and all of one database are looked at together.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from kern.db.base import Claim, Db, Signal

log = logging.getLogger("kern.loop.heartbeat")
#: A lease is renewed this often before it would run out.
BEATS_PER_LEASE = 3
#: Interval (seconds) of the check for cancellations. Shorter work is not checked.
LOOK_EVERY = 0.5
#: With nothing to do the thread goes on for so many seconds, so that short turns in a row need not wake it.
LINGER = 5.0


@dataclass(slots=True, eq=False)
class Beat:
    """One active claim. `hear` is called, on the heartbeat's thread, with the run's signal."""

    db: Db
    claim: Claim
    hear: Callable[[Signal], object]
    renewal: float
    look: float
    #: The time (monotonic seconds) of the first signal that the work is not wanted any more.
    unwanted_since: float | None = None

    def tell(self, signal: Signal) -> None:
        """Pass on the run's signal."""
        if signal == "ok":
            self.unwanted_since = None
        elif self.unwanted_since is None:
            self.unwanted_since = time.monotonic()
        self.hear(signal)

    @property
    def due(self) -> float:
        return min(self.renewal, self.look)


class Heartbeat:
    """One daemon thread. Starts when needed, rests when nothing is registered."""

    def __init__(self) -> None:
        self.start_afresh()
        os.register_at_fork(after_in_child=self.start_afresh)

    def start_afresh(self) -> None:
        """Forget all claims, and begin a thread of its own with the next: after a fork, or where another database is set."""
        self._wake = threading.Condition()
        self._beats: set[Beat] = set()
        self._wakes_at = math.inf
        self._idle_since: float | None = None
        self._running = False

    def add(self, db: Db, claim: Claim, hear: Callable[[Signal], object]) -> Beat:
        """Keep the claim alive until `remove`, and pass signals of its run to `hear`."""
        now = time.monotonic()
        beat = Beat(db, claim, hear, now + claim.lease / BEATS_PER_LEASE, now + LOOK_EVERY)
        with self._wake:
            self._beats.add(beat)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="kern-heartbeat", daemon=True).start()
            elif beat.due < self._wakes_at:
                self._wake.notify()
        return beat

    def remove(self, beat: Beat) -> None:
        """Stop renewing the claim."""
        with self._wake:
            self._beats.discard(beat)

    def claims(self) -> list[Claim]:
        """Return the active claims of this process."""
        with self._wake:
            return [beat.claim for beat in self._beats]

    def unwanted_since(self, owner: str) -> float | None:
        """Return since when (monotonic seconds) that owner's work is known to be unwanted; `None` while it is wanted."""
        with self._wake:
            return next((beat.unwanted_since for beat in self._beats if beat.claim.owner == owner), None)

    def forget(self, owner: str) -> None:
        """Stop renewing that owner's lease: its work hangs, and has been ended without it."""
        with self._wake:
            self._beats = {beat for beat in self._beats if beat.claim.owner != owner}

    def _run(self) -> None:
        while True:
            due = self._wait_for_due()
            now = time.monotonic()
            renewed = [beat for beat in due if beat.renewal <= now]
            for beat in renewed:
                beat.renewal = now + beat.claim.lease / BEATS_PER_LEASE
                self._renew(beat)
            looked_at = defaultdict(list)
            for beat in due:
                beat.look = now + LOOK_EVERY
                if beat not in renewed:
                    looked_at[beat.db].append(beat)
            for db, beats in looked_at.items():
                self._look(db, beats)

    def _wait_for_due(self) -> list[Beat]:
        with self._wake:
            now = time.monotonic()
            self._wakes_at = self._next(now)
            self._wake.wait(None if self._wakes_at == math.inf else max(0.01, self._wakes_at - now))
            now = time.monotonic()
            # Those that would be due a moment later come along.
            return [beat for beat in self._beats if beat.due <= now + LOOK_EVERY / 4]

    def _next(self, now: float) -> float:
        if self._beats:
            self._idle_since = None
            return min(beat.due for beat in self._beats)
        self._idle_since = self._idle_since or now
        # Not later than work that begins now would be due: it need not wake this thread.
        return now + LOOK_EVERY if now - self._idle_since < LINGER else math.inf

    def _renew(self, beat: Beat) -> None:
        try:
            beat.tell(beat.db.renew(beat.claim))
        except Exception as error:  # noqa: BLE001 - after a failure of one run's database the others' leases must be renewed
            # The next beat tries again; if the lease runs out, the next write of the work says so.
            log.warning("a lease could not be renewed: %s", error)

    def _look(self, db: Db, beats: list[Beat]) -> None:
        try:
            signals = db.look([beat.claim for beat in beats])
        except Exception as error:  # noqa: BLE001 - as above
            log.warning("whether runs are still wanted could not be read: %s", error)
            return
        for beat, signal in zip(beats, signals, strict=True):
            beat.tell(signal)


heartbeat = Heartbeat()
