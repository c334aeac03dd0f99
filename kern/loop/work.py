"""The right to go on: an active claim with its lease, its deadline and its cancellation."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType

from kern.db.base import Claim, Db, Signal
from kern.errors import LeaseLostError
from kern.loop.heartbeat import heartbeat
from kern.threads.cancellation import current
from kern.threads.waiting import Waiting


class StopRequested(Exception):
    """The run was cancelled; the loop ends it as cancelled."""


class Work(Waiting):
    """An active claim. Use as a context manager.

    The lease is renewed in between, and waiting threads wake when it is cancelled.

    Work that is begun as part of other work (see `kern.threads.cancellation`) stops with it.
    """

    def __init__(self, db: Db, claim: Claim, deadline: float | None = None) -> None:
        super().__init__(deadline, "the turn")
        self.db = db
        self.claim = claim
        self._cancellation = current()
        self._signal: Signal = "ok"
        self._open = ExitStack()

    def __enter__(self) -> Work:
        self._open.enter_context(self._cancellation.on_cancel(self.wake))
        self._open.callback(heartbeat.remove, heartbeat.add(self.db, self.claim, self._hear))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    def check(self, *, now: bool = False) -> None:
        """Raise unless the work is still wanted and still ours, as far as is known; with `now` the database is asked.

        Raises `StopRequested`, `LeaseLostError` or `DeadlineError`.
        """
        super().check()
        if now or self._signal == "lost":
            # The heartbeat looks from another thread, which sees nothing of a transaction that is open in this one.
            self._signal = self.db.renew(self.claim)
        if self._signal == "lost":
            raise LeaseLostError(f"run {self.claim.run_id} is no longer this worker's")
        if self._signal == "cancelled" or self._cancellation.is_cancelled:
            raise StopRequested

    def let_go(self) -> None:
        self.db.release()

    def _hear(self, signal: Signal) -> None:
        self._signal = signal
        if signal != "ok":
            self.wake()
