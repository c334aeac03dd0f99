"""SQLite: read columns with any content, such as text that is not UTF-8 and impossible dates."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from functools import partial
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.operations import DatabaseOperations as SqliteOperations
from django.utils.dateparse import parse_datetime

from sessions_app.infrastructure.broken_rows import CorruptMoment

_decoded = partial(str, encoding="utf-8", errors="replace")


def _moment(stored: bytes) -> datetime:
    try:
        found = parse_datetime(stored.decode())
    except ValueError:
        found = None
    # The first and the last year leave no room for another time zone.
    return found if found is not None and 1 < found.year < 9999 else CorruptMoment.make()


# Django's own has nothing for a text that is no time, which is what an empty column has.
for _name in ("datetime", "timestamp"):
    sqlite3.register_converter(_name, _moment)


class DatabaseOperations(SqliteOperations):
    """Reads every value: one that cannot be converted must not take the other rows of its page with it."""

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        try:
            found = super().convert_datetimefield_value(value, expression, connection)
        except (AttributeError, OverflowError, TypeError, ValueError):
            return CorruptMoment.make()
        return CorruptMoment.make() if found is None and value is not None else found


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's SQLite with readable text and our operations."""

    ops_class = DatabaseOperations

    def get_new_connection(self, conn_params: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = super().get_new_connection(conn_params)
        connection.text_factory = _decoded
        return connection
