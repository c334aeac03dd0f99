"""Transactions of the store: short, failures as `StorageError` (rule L9), no broken connection kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection, connections, transaction

from kern.errors import StorageError
from sessions_app.errors import DATABASE_AWAY, StorageAway


@contextmanager
def reading() -> Iterator[None]:
    """Run queries that change nothing. Raises `StorageError`."""
    try:
        yield
    except (Error, UnicodeError) as error:
        # A worker's thread has no end of request that would drop a connection whose server went away.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        kind = StorageAway if isinstance(error, DATABASE_AWAY) else StorageError
        raise kind(f"the database failed: {error}") from error


@contextmanager
def writing() -> Iterator[None]:
    """Run one transaction: everything in the block or, when it raises, nothing. Raises `StorageError`."""
    with reading(), transaction.atomic():
        yield


def release_connections() -> None:
    """Give this thread's connections back, unless the caller has a transaction open."""
    for held in connections.all(initialized_only=True):
        if not held.in_atomic_block:
            held.close()
