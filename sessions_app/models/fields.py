"""Columns that Django does not bring along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    _JSONField = models.JSONField[Any, Any]
else:
    _JSONField = models.JSONField


class OrderedJSONField(_JSONField):
    """JSON whose keys keep their order on every database.

    People read arguments and fill in forms in the order that a tool's author gave them. PostgreSQL's `jsonb` sorts keys by
    their length; its `json` keeps the text. Nothing is looked up inside of these columns, so nothing else is lost.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "json" if connection.vendor == "postgresql" else super().db_type(connection)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        adapted = super().get_db_prep_value(value, connection, prepared)
        if connection.vendor != "postgresql":
            return adapted
        from psycopg.types.json import Json

        return Json(adapted.obj, dumps=adapted.dumps)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        # psycopg has read a `json` already; only `jsonb` comes to Django as text.
        return value if connection.vendor == "postgresql" else super().from_db_value(value, expression, connection)


__all__ = ["OrderedJSONField"]
