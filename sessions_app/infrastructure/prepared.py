"""Querysets whose SQL is made once a connection: for the few rows that every request reads.

The ORM needs longer to write such a statement than the database needs to answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import Expression, QuerySet
from django.db.transaction import TransactionManagementError

from sessions_app.infrastructure.one_statement import Branch

Found = TypeVar("Found")
#: The attribute of a connection that holds its statements. They refer to it, so that no other place may keep them.
_STATEMENTS = "kern_prepared"


class Slot(Expression):
    """The place of a value that is known only when the statement runs; the value is one of the column's."""

    def __init__(self, name: str, model: type[models.Model], column: str) -> None:
        field: Any = model._meta.get_field(column)
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """Return a placeholder with the slot itself as its parameter."""
        return "%s", [self]


class Prepared(Generic[Found]):
    """A queryset with a `Slot` for each value that differs from call to call. `make` is called once a connection."""

    def __init__(self, make: Callable[[], QuerySet[Any, Found]]) -> None:
        self._make = make

    def first(self, **values: Any) -> Found | None:
        """Return the first row for these values by the name of their slots, or `None`.

        Raises `ValueError` or `ValidationError` for a value that the column cannot have, as the ORM does.
        """
        found = self._found(values, only_first=True)
        return found[0] if found else None

    def all(self, **values: Any) -> list[Found]:
        """Return the rows for these values, as `first` returns one of them."""
        return self._found(values, only_first=False)

    def _found(self, values: dict[str, Any], *, only_first: bool) -> list[Found]:
        connection: Any = connections[DEFAULT_DB_ALIAS]
        branch = self._compiled(connection, only_first=only_first)
        if branch.queryset.query.select_for_update and not connection.in_atomic_block:
            # A lock would be gone again with the statement.
            raise TransactionManagementError("rows are locked within a transaction only")
        params = [_stored(param, values, connection) for param in branch.params]
        with connection.cursor() as cursor:
            cursor.execute(branch.sql, params)
            rows = cursor.fetchall()
        return branch.found(rows) if rows else []

    def _compiled(self, connection: Any, *, only_first: bool) -> Branch:
        # What is no longer in use leaves no statements behind.
        statements = vars(connection).setdefault(_STATEMENTS, WeakKeyDictionary()).setdefault(self, {})
        if only_first not in statements:
            queryset = self._make()
            statements[only_first] = Branch(queryset[:1] if only_first else queryset, connection)
        found: Branch = statements[only_first]
        return found


def _stored(param: Any, values: dict[str, Any], connection: Any) -> Any:
    if not isinstance(param, Slot):
        return param
    return param.output_field.get_db_prep_value(values[param.name], connection=connection, prepared=False)
