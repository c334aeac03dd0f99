"""Cancellation of work whose result is no longer needed.

The work runs on a thread that cannot be killed. So each blocking operation (a connection that is read, a pause, a task of an
event loop) registers a callback that aborts it, and the work ends by itself.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Cancellation:
    """A cancellation token, set once and for good. Any thread may set it, look at it and wait for it."""

    __slots__ = ("_acts", "_lock", "is_cancelled", "left_at")

    def __init__(self) -> None:
        self.is_cancelled = False
        #: The time (monotonic seconds) at which the caller abandoned the work; `None` while it waits.
        self.left_at: float | None = None
        self._acts: list[Callable[[], object]] = []
        self._lock = threading.RLock()

    def cancel(self) -> None:
        """Cancel the work: call every registered callback; `is_cancelled` stays true."""
        with self._lock:
            if self.is_cancelled:
                return
            self.is_cancelled = True
            self.leave()
            for act in self._acts:
                with contextlib.suppress(Exception):
                    act()

    def leave(self) -> None:
        """Mark the work as abandoned: its caller no longer waits, so a late result is no loss."""
        if self.left_at is None:
            self.left_at = time.monotonic()

    @contextmanager
    def on_cancel(self, act: Callable[[], object]) -> Iterator[None]:
        """Call `act`, from any thread, when the work is cancelled within the block, or at once if it was before.

        It is never called after the block: its resource may belong to other work by then.
        """
        with self._lock:
            if self.is_cancelled:
                act()
            self._acts.append(act)
        try:
            yield
        finally:
            with self._lock:
                self._acts.remove(act)

    def wait(self, seconds: float) -> bool:
        """Pause for so many seconds, or until the work is cancelled. Returns whether it was."""
        woken = threading.Event()
        with self.on_cancel(woken.set):
            return woken.wait(seconds)


_current: ContextVar[Cancellation | None] = ContextVar("kern_cancellation", default=None)


def current() -> Cancellation:
    """Return the cancellation token of the running work; outside of any, a token that is never set."""
    return _current.get() or Cancellation()


def part_of(cancellation: Cancellation) -> None:
    """Make this context (see `contextvars`) a part of that work from now on."""
    _current.set(cancellation)


def pause(seconds: float) -> None:
    """Sleep for so many seconds, or until the running work is cancelled."""
    current().wait(seconds)
