"""The right to go on: one claim being worked, with its lease, its deadline and a person's wish to stop."""

from __future__ import annotations

import time
from types import TracebackType

from kern.db.base import Claim, Db
from kern.errors import LeaseLostError, ModelError
from kern.heartbeat import heartbeat

#: How often (seconds) the work looks whether somebody asked it to stop.
LOOK_EVERY = 0.5


class StopRequested(Exception):
    """Somebody asked the run to stop; the loop ends it as cancelled."""


class DeadlineError(ModelError):
    """The run worked longer than it may."""


class Work:
    """A claim while it is worked. Use as a context manager: the lease is renewed in between."""

    def __init__(self, db: Db, claim: Claim, deadline: float | None = None) -> None:
        self.db = db
        self.claim = claim
        self._ends = None if deadline is None else time.monotonic() + deadline
        self._deadline = deadline
        self._looked = time.monotonic()
        self._signal = "ok"
        self._beat = 0

    def __enter__(self) -> Work:
        self._beat = heartbeat.add(self._renew, self.claim.lease)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        heartbeat.remove(self._beat)

    def check(self, *, now: bool = False) -> None:
        """Go on only if the work is still wanted and still ours; asks the database twice a second, or at once with `now`.

        Raises `StopRequested`, `LeaseLostError` or `DeadlineError`.
        """
        clock = time.monotonic()
        if self._ends is not None and clock > self._ends:
            raise DeadlineError(f"the run worked longer than {self._deadline:g} s and was stopped")
        if now or clock - self._looked >= LOOK_EVERY:
            self._looked = clock
            self._renew()
        if self._signal == "lost":
            raise LeaseLostError(f"run {self.claim.run_id} is no longer this worker's")
        if self._signal == "cancelled":
            raise StopRequested

    def _renew(self) -> None:
        self._signal = self.db.renew(self.claim)
