"""Rows that cannot be read: reported once, shown as broken, and no row's trouble stops the others.

What a column can hold and its reader cannot use (JSON of another shape, a date of the year 99999, a word that is no status) is
read as a stand-in: an empty value whose class tells that it is one. Whoever shows or works a row looks at `Row.broken`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import InterfaceError, OperationalError
from prometheus_client import Counter

log = logging.getLogger(__name__)

#: What Django raises while the database does not answer: no row's fault.
_AWAY = (OperationalError, InterfaceError)
#: A row that failed in a loop is tried again after so many seconds: somebody may have repaired it.
REST = 600.0
#: So many rows are remembered, whatever happens.
MOST = 5_000
BROKEN = Counter("kern_broken_rows", "Rows that could not be read, each counted once a process.", ["kind"])


class CorruptDict(dict[str, Any]):
    """Stands in for JSON that should be an object and is not; empty."""


class CorruptList(list[Any]):
    """Stands in for JSON that should be a list and is not; empty."""


class CorruptMoment(datetime):
    """Stands in for a point in time that no calendar of ours has."""

    @classmethod
    def make(cls) -> CorruptMoment:
        """The stand-in: the first moment that computers count from."""
        return cls(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class BrokenRow:
    """In place of what a page would show of a row: `broken` says why it does not."""

    row: Any
    broken: str

    @classmethod
    def of(cls, row: Any, error: Exception) -> BrokenRow:
        """What building the row's part of a page raised; reported. A database that is away raises again."""
        if is_away(error):
            raise error
        report(row._meta.model_name, row.pk, error)
        return cls(row, f"{type(error).__name__}: {error}")


class _Known:
    """What this process has reported, and which rows rest in its loops."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reported: dict[tuple[str, str], None] = {}
        self.failed: dict[tuple[str, str], float] = {}


_known = _Known()


def report(kind: str, key: object, problem: object) -> None:
    """Log that a row cannot be read and count it, once a row and process. `problem` is an exception or words."""
    named = (kind, str(key))
    with _known.lock:
        if named in _known.reported:
            return
        if len(_known.reported) >= MOST:
            del _known.reported[next(iter(_known.reported))]
        _known.reported[named] = None
    BROKEN.labels(kind).inc()
    error = problem if isinstance(problem, Exception) else None
    what = f"{type(error).__name__}: {error}" if error else problem
    log.error("the %s %s cannot be read and is left out: %s", kind, key, what, exc_info=error)


@contextmanager
def isolated(kind: str, key: object) -> Iterator[None]:
    """The body of a loop over rows: what one row raises is reported, and the loop goes on.

    A database that is away is no row's fault, and raises.
    """
    named = (kind, str(key))
    try:
        yield
    except Exception as error:
        if is_away(error):
            raise
        report(kind, key, error)
        with _known.lock:
            if len(_known.failed) >= MOST:
                del _known.failed[next(iter(_known.failed))]
            _known.failed[named] = time.monotonic()
    else:
        with _known.lock:
            _known.failed.pop(named, None)


def resting(kind: str) -> list[str]:
    """Keys of rows that failed in a loop a short while ago: they must not take the places of others in the next round."""
    since = time.monotonic() - REST
    with _known.lock:
        return [key for (of, key), failed_at in _known.failed.items() if of == kind and failed_at > since]


def is_away(error: BaseException) -> bool:
    """Whether the database did not answer, also where the store has said so in the library's words."""
    return isinstance(error, _AWAY) or isinstance(error.__cause__, _AWAY)


def forget() -> None:
    """Forget what was reported and what rests, as a new process has."""
    with _known.lock:
        _known.reported.clear()
        _known.failed.clear()


def reported() -> list[tuple[str, str]]:
    """What this process has reported: kinds and keys, in order."""
    with _known.lock:
        return list(_known.reported)
