"""Columns that Django does not bring along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from kern.lines import without_hidden
from sessions_app.identity import canonical_address, check_address

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    _CharField = models.CharField[str, str]
    _EmailField = models.EmailField[str, str]
    _JSONField = models.JSONField[Any, Any]
else:
    _CharField = models.CharField
    _EmailField = models.EmailField
    _JSONField = models.JSONField


class NameField(_CharField):
    """A name that people read beside other text: it is kept without hidden characters, through whatever door it comes.

    A bidi control in it would turn around what stands after it. Migrations see the plain column that it is.
    """

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def to_python(self, value: Any) -> Any:
        read = super().to_python(value)
        return without_hidden(read) if isinstance(read, str) else read

    def get_prep_value(self, value: Any) -> Any:
        kept = super().get_prep_value(value)
        return without_hidden(kept) if isinstance(kept, str) else kept


class AddressField(_EmailField):
    """An e-mail address, kept, looked for and compared in its one form, through whatever door it comes.

    With `unique=True` the database therefore keeps two people from having one address in two spellings.
    """

    default_validators = [*models.EmailField.default_validators, check_address]

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.EmailField", args, kwargs

    def to_python(self, value: Any) -> Any:
        read = super().to_python(value)
        return canonical_address(read) if isinstance(read, str) else read

    def get_prep_value(self, value: Any) -> Any:
        kept = super().get_prep_value(value)
        return canonical_address(kept) if isinstance(kept, str) else kept

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


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


__all__ = ["AddressField", "NameField", "OrderedJSONField"]
