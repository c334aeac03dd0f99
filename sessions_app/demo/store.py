"""The demo airline's own database: one SQLite file, made and filled at its first use.

It is a file of its own because it plays the part of a system outside: the inbox never joins it with its own tables, and a user
who brings another desk never meets it. Any number of processes may use it at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from kern.db.sqlite.schema import enter_wal_mode
from sessions_app.demo import airline_data as data

VERSION = 1
#: Seconds that one process waits for another one's transaction.
PATIENCE = 20.0
TABLES = (
    "create table flights (number text, day text, origin text, destination text, departs text, arrives text, price integer,"
    " status text default 'on time', why text default '', seats integer, primary key (number, day))",
    "create table bookings (reference text primary key, customer text, email text, flight text, day text, fare text,"
    " passengers integer, paid integer, card text, status text)",
    "create table bags (tag text primary key, reference text, place text, state text)",
    "create table bag_reports (report text primary key, tag text, description text, deliver_to text, made_at text)",
    "create table payments (payment text primary key, reference text, what text, amount integer, refunded integer default 0)",
    "create table vouchers (code text primary key, reference text, amount integer, reason text, made_at text)",
    "create table actions (key text primary key, tool text, result text, done_at text)",
)

Row = dict[str, Any]


class Store:
    """The airline's tables. `path` is the SQLite file; its folder is made when it is missing."""

    def __init__(self, path: Path, today: date | None = None) -> None:
        self.path = path
        self._today = today

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection in a write transaction: all of what happens inside, or nothing."""
        connection = self._connect()
        try:
            connection.execute("begin immediate")
            if is_empty(connection):
                fill(connection, self._today or datetime.now(UTC).date())
            yield connection
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise
        finally:
            connection.close()

    def rows(self, query: str, *values: object) -> list[Row]:
        """Return a query's rows, as dicts."""
        connection = self._connect()
        try:
            if is_empty(connection):
                with self.transaction():
                    pass  # which makes and fills the file, unless another process was faster
            return [dict(row) for row in connection.execute(query, values)]
        finally:
            connection.close()

    def row(self, query: str, *values: object) -> Row | None:
        """The first row of a query, `None` when there is none."""
        found = self.rows(query, *values)
        return found[0] if found else None

    def once(self, key: str, tool: str, work: Callable[[sqlite3.Connection], str]) -> str:
        """Do `work` unless an action of this key was done before; returns the result of the one time it was done.

        The journal line and the changes of `work` are one transaction, so a crash or an exception leaves neither.
        """
        with self.transaction() as connection:
            done = connection.execute("select result from actions where key = ?", [key]).fetchone()
            if done:
                return str(done["result"])
            result = work(connection)
            connection.execute("insert into actions values (?, ?, ?, ?)", [key, tool, result, now()])
            return result

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        connection.row_factory = sqlite3.Row
        enter_wal_mode(connection, PATIENCE)
        return connection


def now() -> str:
    """The time, as text that sorts."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def is_empty(connection: sqlite3.Connection) -> bool:
    """Return whether the tables have not been made yet."""
    return bool(connection.execute("pragma user_version").fetchone()[0] == 0)


def fill(connection: sqlite3.Connection, today: date) -> None:
    """Make the tables and put the airline's first data in; part of the caller's transaction."""
    for statement in TABLES:
        connection.execute(statement)
    flights = [_flight(today, day, route) for day in range(data.DAYS) for route in data.ROUTES]
    bookings = [_booking(today, item) for item in data.BOOKINGS]
    connection.executemany("insert into flights values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", flights)
    connection.executemany("insert into bookings values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", bookings)
    connection.executemany("insert into bags values (?, ?, ?, ?)", data.BAGS)
    connection.executemany("insert into payments (payment, reference, what, amount) values (?, ?, ?, ?)", data.PAYMENTS)
    connection.execute(f"pragma user_version = {VERSION}")


def _flight(today: date, day: int, route: data.Route) -> tuple[object, ...]:
    status, why = data.DISRUPTIONS.get((route.number, day), ("on time", ""))
    seats = (int(route.number[3:]) * 7 + day * 13) % 23
    leaves = (today + timedelta(days=day)).isoformat()
    return (
        route.number, leaves, route.origin, route.destination, route.departs, route.arrives, route.price, status, why, seats,
    )  # fmt: skip


def _booking(today: date, item: data.Booking) -> tuple[object, ...]:
    return (
        item.reference, item.customer, item.email, item.flight, (today + timedelta(days=item.day)).isoformat(), item.fare,
        item.passengers, item.paid, item.card, item.status,
    )  # fmt: skip
