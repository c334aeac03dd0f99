"""Connections to one SQLite file: one a thread and process; a single shared one for `:memory:`.

A connection must never cross a fork: SQLite keeps in memory which locks this process holds, the child would believe it holds
its parent's and could lose its writes when another process tidies up the log. So every connection is closed before a fork and
opened again at its next use.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from kern.db.clock import SharedClock, file_time
from kern.db.sqlite.schema import bring_up_to_date, enter_wal_mode, refuse_foreign_file
from kern.errors import StorageError

_FORK_PATIENCE = 5.0
_decoded = partial(str, encoding="utf-8", errors="replace")


class Connection(sqlite3.Connection):
    """A connection that knows the time which all processes on its file agree on."""

    clock: SharedClock

    def now(self) -> float:
        """Return the common time in seconds since 1970."""
        return self.clock.now()

    def shift(self) -> float:
        """Return the difference to add to a time of this process for a row, and to subtract from a row's."""
        return self.clock.shift()


class _Handle:
    """A connection and the lock of its user."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.lock = threading.RLock()
        self.closed = False

    def close(self) -> None:
        self.closed = True
        self.connection.close()

    def __del__(self) -> None:
        self.close()


class Connections:
    """Gives out transactions on the file at `path` (`None`: in memory); opens, creates and migrates it at the first one."""

    def __init__(self, path: Path | None, busy_timeout: float) -> None:
        self._path = path
        self._busy_timeout = busy_timeout
        self._clock = SharedClock(lambda: file_time(path.parent) if path else None)
        self._opening = threading.RLock()
        self._handles: weakref.WeakSet[_Handle] = weakref.WeakSet()
        self._local = threading.local()
        self._shared: _Handle | None = None
        self._held_for_fork: list[_Handle] = []
        with _registry_lock:
            _registry.add(self)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write: everything in the block or, when it raises, nothing. Raises `StorageError`."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that reads: all statements see the same moment. Raises `StorageError`."""
        with self._transaction("BEGIN") as connection:
            yield connection

    def close(self) -> None:
        """Close this process's connections; the next use opens them again (and finds a `:memory:` database empty)."""
        with self._opening:
            for handle in list(self._handles):
                with handle.lock:
                    handle.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        try:
            handle = self._acquire()
            try:
                yield from _committed(handle.connection, begin)
            finally:
                handle.lock.release()
        except (sqlite3.Error, UnicodeError, OSError) as error:
            raise StorageError(f"{self._path or ':memory:'}: {error}") from error

    def _acquire(self) -> _Handle:
        while True:
            handle = self._shared if self._path is None else getattr(self._local, "handle", None)
            if handle is None or handle.closed:
                handle = self._opened()
            handle.lock.acquire()
            if not handle.closed:
                return handle
            handle.lock.release()

    def _opened(self) -> _Handle:
        with self._opening:
            if self._path is not None:
                handle = self._local.handle = _Handle(self._connect_file(self._path))
            elif self._shared is None or self._shared.closed:
                handle = _Handle(self._connect(":memory:"))
                bring_up_to_date(handle.connection, ":memory:")
                self._shared = handle  # only now: other threads take it as soon as they see it
            else:
                return self._shared
            self._handles.add(handle)
            return handle

    def _connect_file(self, path: Path) -> Connection:
        path.parent.mkdir(parents=True, exist_ok=True)
        refuse_foreign_file(path)
        connection = self._connect(str(path))
        try:
            bring_up_to_date(connection, path)
            enter_wal_mode(connection, self._busy_timeout)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self, target: str) -> Connection:
        # The lock of the handle is what keeps threads apart; SQLite's own check would forbid closing before a fork.
        connection = sqlite3.connect(
            target, timeout=self._busy_timeout, isolation_level=None, check_same_thread=False, factory=Connection
        )
        connection.clock = self._clock
        # Text that was cut within a letter must not take the other rows with it.
        connection.text_factory = _decoded
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        # Deleted content is overwritten, so that it cannot be read from the file any more.
        connection.execute("PRAGMA secure_delete = ON").fetchall()
        return connection

    def _before_fork(self) -> None:
        self._opening.acquire()
        for handle in list(self._handles):
            if handle.lock.acquire(timeout=_FORK_PATIENCE):
                self._held_for_fork.append(handle)
                if self._path is not None:
                    handle.close()

    def _after_fork(self) -> None:
        while self._held_for_fork:
            self._held_for_fork.pop().lock.release()
        self._opening.release()


def _committed(connection: Connection, begin: str) -> Iterator[Connection]:
    connection.execute(begin)
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # the first failure is the one to tell
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        raise


_registry: weakref.WeakSet[Connections] = weakref.WeakSet()
_registry_lock = threading.RLock()
_forking: list[Connections] = []


def _before_fork() -> None:
    _registry_lock.acquire()
    _forking.extend(_registry)
    for connections in _forking:
        connections._before_fork()


def _after_fork() -> None:
    while _forking:
        _forking.pop()._after_fork()
    _registry_lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
