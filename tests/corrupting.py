"""Rows as no program of ours writes them: broken JSON, other shapes, words of another version, dates that nobody has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, models

from sessions_app.models.row import Row

#: By a column's kind, what it may hold that cannot be read, as SQL. Each database knows some of it alone.
EVERYWHERE = {
    "JSONField": (
        "'\"words\"'",
        "'[[1], null]'",
        "'{\"a\": [1]}'",
        "'null'",
        f"'{'9' * 5000}'",
        f"'{'[' * 3000 + ']' * 3000}'",
    ),
    "choices": ("'zzz'",),
}
ON_SQLITE = {
    "JSONField": ("'{\"broken'", "''", "X'ff00'"),
    "DateTimeField": ("'99999-01-01 00:00:00'", "'0000-13-41'", "12345", "'soon'", "'9999-12-31 23:59:59'"),
    "CharField": ("CAST(X'41ff42' AS TEXT)", "X'ff'"),
    "TextField": ("CAST(X'41ff42' AS TEXT)", "X'ff'"),
    "PositiveIntegerField": ("'many'",),
    "PositiveSmallIntegerField": ("'many'",),
    "PositiveBigIntegerField": ("'many'",),
    "BooleanField": ("'perhaps'",),
    "FloatField": ("'wide'",),
}
ON_POSTGRESQL = {
    "DateTimeField": ("'99999-01-01'", "'infinity'", "'4713-01-01 BC'"),
}
NOWHERE = "987654321"


@dataclass(frozen=True)
class Corruption:
    """One column of one row with something in it that cannot be read."""

    row: models.Model
    field: models.Field[Any, Any]
    value: str

    def __str__(self) -> str:
        return f"{self.row._meta.db_table}.{self.field.column} = {self.value[:30]}"

    @property
    def kept(self) -> str:
        """Where the value is meanwhile."""
        return f"kept_{self.row._meta.model_name}_{self.field.column}"

    def put(self, key: int) -> None:
        """Have that in the row with this id, for good."""
        with connection.cursor() as cursor, lawless():
            cursor.execute(f'UPDATE "{self._table}" SET "{self.field.column}" = {self.value} WHERE id = %s', [key])

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The row as it is with that; afterwards it is as it was."""
        table, column = self._table, self.field.column
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE TABLE {self.kept} AS SELECT "{column}" AS was FROM "{table}" WHERE id = %s', [self.row.pk])
        self.put(self.row.pk)
        try:
            yield
        finally:
            with connection.cursor() as cursor, lawless():
                cursor.execute(f'UPDATE "{table}" SET "{column}" = (SELECT was FROM {self.kept}) WHERE id = %s', [self.row.pk])
                cursor.execute(f"DROP TABLE {self.kept}")

    @property
    def _table(self) -> str:
        return self.row._meta.db_table


@contextmanager
def lawless() -> Iterator[None]:
    """Nothing is checked: neither what JSON is nor where keys lead to."""
    law = [("SET session_replication_role = replica", "SET session_replication_role = origin")]
    if connection.vendor == "sqlite":
        law = [
            ("PRAGMA ignore_check_constraints = 1", "PRAGMA ignore_check_constraints = 0"),
            ("PRAGMA foreign_keys = 0", "PRAGMA foreign_keys = 1"),
        ]
    with connection.cursor() as cursor:
        for off, _on in law:
            cursor.execute(off)
        try:
            yield
        finally:
            for _off, on in law:
                cursor.execute(on)


def corruptions_of(row: Row) -> Iterator[Corruption]:
    """Something wrong with each column of a row, one after the other; kinds of it take turns."""
    for number, field in enumerate(row._meta.concrete_fields):
        if field.primary_key:
            continue
        if field.is_relation:
            yield Corruption(row, field, NOWHERE)
            continue
        kind = field.get_internal_type()
        kinds = [
            "JSONField" if isinstance(field, models.JSONField) else kind,
            *(["choices"] if field.choices and kind == "CharField" else []),
        ]
        tables = (EVERYWHERE, ON_SQLITE if connection.vendor == "sqlite" else ON_POSTGRESQL)
        values = [value for table in tables for name in kinds for value in table.get(name, ())]
        if values:
            yield Corruption(row, field, values[number % len(values)])
