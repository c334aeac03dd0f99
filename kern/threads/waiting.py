"""Wait for another thread, with a deadline and with cancellation at any moment."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import Final

from kern.errors import ModelError

_WAKE: Final = object()
Box = SimpleQueue[object]


class DeadlineError(ModelError):
    """The work took longer than its deadline."""


class TookTooLongError(Exception):
    """The awaited item did not come within its own timeout."""


class Waiting:
    """A wait with a deadline. `deadline` is in seconds from now on; `what` names the work in the error."""

    def __init__(self, deadline: float | None, what: str) -> None:
        self._deadline = deadline
        self._ends = None if deadline is None else time.monotonic() + deadline
        self._what = what
        self._box: Box | None = None

    def check(self) -> None:
        """Raise `DeadlineError` once the deadline has passed."""
        if self._ends is not None and time.monotonic() >= self._ends:
            raise DeadlineError(f"{self._what} took longer than {self._deadline:g} s and was stopped")

    def let_go(self) -> None:
        """Release the resources of a thread that worked for this wait. Called on that thread when it is done."""

    def wake(self) -> None:
        """Make the waiting thread call `check` at once. Called from other threads."""
        if (box := self._box) is not None:
            box.put(_WAKE)

    def receive(self, box: Box, within: float | None = None) -> object:
        """Return the next item in the box. Raises what `check` raises, and `TookTooLongError` after `within` seconds."""
        latest = None if within is None else time.monotonic() + within
        # First, so that a `wake` after `check` finds the box.
        self._box = box
        try:
            while True:
                self.check()
                if latest is not None and time.monotonic() >= latest:
                    raise TookTooLongError
                item = _taken(box, _earlier(self._ends, latest))
                if item is not _WAKE:
                    return item
        finally:
            self._box = None


def _taken(box: Box, until: float | None) -> object:
    try:
        return box.get(timeout=None if until is None else max(0.0, until - time.monotonic()))
    except Empty:
        return _WAKE


def _earlier(one: float | None, other: float | None) -> float | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)
