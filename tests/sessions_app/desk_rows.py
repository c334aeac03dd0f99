"""The rows of the test shop's desk, made once by the program and put into emptied tables before each test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction

from sessions_app import desk as desks
from sessions_app.models import NamingPolicy, Queue, TicketSystem

#: In the order in which their rows refer to each other.
MODELS: tuple[type[models.Model], ...] = (Queue, NamingPolicy, TicketSystem)


@dataclass(frozen=True)
class _Stored:
    """A statement that puts a table's rows back as the database had them."""

    sql: str
    rows: list[tuple[Any, ...]]


_stored: list[_Stored] = []


def put_desk_rows() -> None:
    """Have the rows that `desks.sync` makes in the database, and no others of their tables.

    Making them takes as long as many tests. Ids are those of the first time, which no later row gets.
    """
    if not _stored:
        for model in reversed(MODELS):
            model._default_manager.all().delete()
        desks.sync()
        _stored.extend(_stored_rows(model) for model in MODELS)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        for stored in _stored:
            cursor.executemany(stored.sql, stored.rows)


def _stored_rows(model: type[models.Model]) -> _Stored:
    columns = [connection.ops.quote_name(str(field.column)) for field in model._meta.concrete_fields]
    table, names = connection.ops.quote_name(model._meta.db_table), ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {table} ORDER BY id")
        rows = cursor.fetchall()
    return _Stored(f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(columns))})", rows)
