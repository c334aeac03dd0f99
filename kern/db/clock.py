"""The common time of all processes on one database."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

#: Seconds after which the shared clock is asked again.
ASK_EVERY = 60.0
#: Clocks that differ by less are the same: leases are longer, and looking takes time, too.
TOLERANCE = 1.0


class SharedClock:
    """A process's clock, corrected by a clock that all processes share.

    `ask` gives the shared one's seconds since 1970, or `None` where it cannot be asked now: then what was known before holds.
    """

    def __init__(self, ask: Callable[[], float | None]) -> None:
        self._ask = ask
        self._asked_at = float("-inf")
        self._began = 0.0
        self._offset = 0.0

    def now(self) -> float:
        """Return the seconds since 1970."""
        own, steady = time.time(), time.monotonic()
        was_set = abs(own - steady - self._began) > TOLERANCE
        if was_set or steady - self._asked_at > ASK_EVERY:
            self._look(was_set)
            own = time.time()
        return own + self._offset

    def shift(self) -> float:
        """Return the seconds that the shared clock is ahead of this process's; 0 where they agree."""
        self.now()
        return self._offset

    def _look(self, was_set: bool) -> None:
        before = time.time()
        shared = self._ask()
        after = time.time()
        steady = time.monotonic()
        if shared is not None:
            offset = shared - (before + after) / 2
            self._offset = offset if abs(offset) > TOLERANCE else 0.0
        elif was_set and self._asked_at > float("-inf"):
            # The clock was set; only the monotonic clock tells by how much.
            self._offset -= after - steady - self._began
        self._asked_at, self._began = steady, after - steady


def file_time(folder: Path) -> float | None:
    """Return the time of the file system that holds the folder, which is the machine's; `None` where it cannot be written."""
    with suppress(OSError), tempfile.TemporaryFile(dir=folder) as probe:
        probe.write(b"t")
        probe.flush()
        return os.fstat(probe.fileno()).st_mtime
    return None
