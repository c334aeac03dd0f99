"""Corrupt rows: reported once, shown as broken, and isolated, so that one row's fault does not stop the others.

A value that a column can hold and its reader cannot use (JSON of another shape, a date of the year 99999, a word that is no
status) is read as a stand-in: an empty value whose class marks it. Code that shows or works a row looks at `Row.broken`.
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

#: Exceptions of an unreachable database: no row's fault.
_AWAY = (OperationalError, InterfaceError)
#: A row that failed in a loop is tried again after so many seconds: it may have been repaired.
REST = 600.0
#: Limit of remembered rows.
MOST = 5_000
BROKEN = Counter("kern_broken_rows", "Rows that could not be read, each counted once a process.", ["kind"])


class CorruptDict(dict[str, Any]):
    """Stand-in for JSON that should be an object and is not; empty."""


class CorruptList(list[Any]):
    """Stand-in for JSON that should be a list and is not; empty."""


class CorruptMoment(datetime):
    """Stand-in for a point in time out of Python's range."""

    @classmethod
    def make(cls) -> CorruptMoment:
        """Return the stand-in: the beginning of 1970."""
        return cls(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class BrokenRow:
    """Placeholder for a row on a page; `broken` is the reason."""

    row: Any
    broken: str

    @classmethod
    def of(cls, row: Any, error: Exception) -> BrokenRow:
        """Report the exception of rendering a row, and return its placeholder. An unreachable database raises again."""
        if is_away(error):
            raise error
        report(row._meta.model_name, row.pk, error)
        return cls(row, f"{type(error).__name__}: {error}")


class _Known:
    """The rows that this process has reported, and those that rest in its loops."""

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
    """Isolate the body of a loop over rows: an exception is reported, and the loop goes on.

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
    """Return the keys of rows that failed in a loop a short while ago: they must not displace others in the next round."""
    since = time.monotonic() - REST
    with _known.lock:
        return [key for (of, key), failed_at in _known.failed.items() if of == kind and failed_at > since]


def is_away(error: BaseException) -> bool:
    """Return whether the error means an unreachable database, also when it is wrapped in the library's error."""
    return isinstance(error, _AWAY) or isinstance(error.__cause__, _AWAY)


def forget() -> None:
    """Clear the reported and the resting rows, as in a new process."""
    with _known.lock:
        _known.reported.clear()
        _known.failed.clear()


def reported() -> list[tuple[str, str]]:
    """Return the kinds and keys that this process has reported, in order."""
    with _known.lock:
        return list(_known.reported)
