"""Querysets whose SQL is made once a connection: for the few rows that every request reads.

The ORM needs longer to write such a statement than the database needs to answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models import Expression, QuerySet

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
        connection: Any = connections[DEFAULT_DB_ALIAS]
        branch = self._compiled(connection)
        params = [_stored(param, values, connection) for param in branch.params]
        with connection.cursor() as cursor:
            cursor.execute(branch.sql, params)
            row = cursor.fetchone()
        return branch.found([row])[0] if row else None

    def _compiled(self, connection: Any) -> Branch:
        known = vars(connection).setdefault(_STATEMENTS, {})
        if self not in known:
            known[self] = Branch(self._make()[:1], connection)
        found: Branch = known[self]
        return found


def _stored(param: Any, values: dict[str, Any], connection: Any) -> Any:
    if not isinstance(param, Slot):
        return param
    return param.output_field.get_db_prep_value(values[param.name], connection=connection, prepared=False)
