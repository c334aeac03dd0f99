"""The common time of all processes of an installation.

Leases, expiries and other times that one process writes and another one compares must not depend on one machine's clock: a
worker two minutes ahead would take over living turns. So `now` is PostgreSQL's time; with SQLite it is that of the file system
which holds the file, which is the machine's and no process's. Either is asked about once a minute, and again when this
process's own clock was set.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.db import connection

from kern.db.clock import SharedClock, file_time


def now() -> datetime:
    """Return the common time, aware, in UTC."""
    return datetime.fromtimestamp(_clock.now(), UTC)


def shift() -> float:
    """Return the seconds that the common time is ahead of the process's own clock; 0 where they agree."""
    return _clock.shift()


def _asked() -> float | None:
    """Return the database's seconds since 1970; `None` where it cannot be asked now."""
    if connection.vendor == "postgresql":
        return _of_postgresql()
    name = str(connection.settings_dict["NAME"])
    return None if ":memory:" in name or "mode=memory" in name else file_time(Path(name).parent)


def _of_postgresql() -> float | None:
    # Not through Django's cursor: in a transaction that failed nothing can be asked, and what is asked here is no one's query.
    try:
        connection.ensure_connection()
        with connection.connection.cursor() as cursor:
            row = cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
            return float(row[0])
    except Exception:  # noqa: BLE001 - away, in a failed transaction, in an event loop: the last known value holds
        return None


_clock = SharedClock(_asked)
