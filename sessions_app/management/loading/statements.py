"""Statements that make rows within the database: INSERT … SELECT, where columns that are not told have their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection, models


def numbers(first: int, last: int) -> str:
    """Return a FROM clause of the table `n` with a row for each `i` from the first number to the last."""
    if connection.vendor == "postgresql":
        # Wide numbers: expressions multiply them.
        return f"generate_series({first}::bigint, {last}) AS n(i)"
    counted = f"WITH RECURSIVE c(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM c WHERE i < {last}) SELECT i FROM c"
    return f"({counted}) AS n"


def moment(epoch: int, seconds_before: str) -> str:
    """Return an expression for the moment so many seconds (an expression) before the epoch's second, as columns keep it."""
    if connection.vendor == "postgresql":
        return f"to_timestamp({epoch} - ({seconds_before}))"
    return f"strftime('%%Y-%%m-%%d %%H:%%M:%%S', {epoch} - ({seconds_before}), 'unixepoch')"


def as_json(text: str) -> str:
    """Return an expression of JSON for an expression of its text."""
    return f"({text})::json" if connection.vendor == "postgresql" else text


def insert(model: type[models.Model], source: str, columns: Mapping[str, str]) -> None:
    """Insert a row of the model for each row of the FROM clause `source`.

    `columns` are SQL expressions by the names of database columns. A column without one has its field's default; the primary
    key has the database's next number.
    """
    told = dict(columns)
    parameters: list[Any] = []
    for field in model._meta.concrete_fields:
        if field.column is None or field.column in told or field.primary_key:
            continue
        told[field.column] = "%s"
        parameters.append(field.get_db_prep_save(field.get_default(), connection))
    # Parameters stand where their columns do: those without an expression come last.
    named = ", ".join(connection.ops.quote_name(column) for column in told)
    statement = f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({named}) SELECT {', '.join(told.values())}"
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} FROM {source}", parameters)


def execute(statement: str) -> None:
    """Run a statement, where a percent sign is written twice."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [])


def highest_key(model: type[models.Model]) -> int:
    """Return the model's highest primary key, 0 without rows."""
    return int(model._default_manager.aggregate(highest=models.Max("pk"))["highest"] or 0)


__all__ = ["as_json", "execute", "highest_key", "insert", "moment", "numbers"]
