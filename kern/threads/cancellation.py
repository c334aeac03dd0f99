"""How a piece of work learns that nobody waits for its result any more.

The work runs on a thread that cannot be killed. So whatever blocks there (a connection that is read, a pause, a task of an
event loop) registers how it is broken off, and the work ends by itself.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Cancellation:
    """A wish to stop, given once and for good. Any thread may give it, look at it and wait for it."""

    __slots__ = ("_acts", "_lock", "is_cancelled", "left_at")

    def __init__(self) -> None:
        self.is_cancelled = False
        #: When (monotonic seconds) whoever had begun the work went on without it; `None` while somebody waits.
        self.left_at: float | None = None
        self._acts: list[Callable[[], object]] = []
        self._lock = threading.RLock()

    def cancel(self) -> None:
        """Call the work off: everything that is registered is broken off, and `is_cancelled` stays true."""
        with self._lock:
            if self.is_cancelled:
                return
            self.is_cancelled = True
            self.leave()
            for act in self._acts:
                with contextlib.suppress(Exception):
                    act()

    def leave(self) -> None:
        """Note that nobody waits for the work any more. It may go on, and its end is no loss."""
        if self.left_at is None:
            self.left_at = time.monotonic()

    @contextmanager
    def on_cancel(self, act: Callable[[], object]) -> Iterator[None]:
        """Call `act`, from any thread, if the work is called off within the block, or at once if it was before.

        It is never called after the block: what it breaks off may belong to somebody else by then.
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
        """Pause for so long, or until the work is called off. Returns whether it was."""
        woken = threading.Event()
        with self.on_cancel(woken.set):
            return woken.wait(seconds)


_current: ContextVar[Cancellation | None] = ContextVar("kern_cancellation", default=None)


def current() -> Cancellation:
    """The cancellation of the work that this code is part of; outside of any, one that nobody gives."""
    return _current.get() or Cancellation()


def part_of(cancellation: Cancellation) -> None:
    """Make what this context (see `contextvars`) does from now on a part of that work."""
    _current.set(cancellation)


def pause(seconds: float) -> None:
    """Sleep for so long, or until the work that this code is part of is called off."""
    current().wait(seconds)
