"""Custom model fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone

from kern.validation.text import without_breaks, without_hidden
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.broken_rows import CorruptDict, CorruptList
from sessions_app.text.identity import canonical_address, check_address

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
    """A name that people read beside other text: one line without hidden characters, through every door.

    A bidi control in it would turn around what stands after it; a line break is kept as a space. Migrations see the plain
    column that it is.
    """

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def to_python(self, value: Any) -> Any:
        read = super().to_python(value)
        return without_hidden(read) if isinstance(read, str) else read

    def get_prep_value(self, value: Any) -> Any:
        kept = super().get_prep_value(value)
        return without_breaks(without_hidden(kept)) if isinstance(kept, str) else kept


class AddressField(_EmailField):
    """An e-mail address, stored, queried and compared in its canonical form, from every source.

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

    What is stored may be broken, or of another version: where `fits` does not hold for it, a stand-in is read (see `rows`).
    """

    def __init__(self, *args: Any, fits: Callable[[Any], bool] | None = None, **options: Any) -> None:
        self.fits = fits
        super().__init__(*args, **options)

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "json" if connection.vendor == "postgresql" else super().db_type(connection)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        adapted = super().get_db_prep_value(value, connection, prepared)
        if connection.vendor != "postgresql":
            return adapted
        from psycopg.types.json import Json

        return Json(adapted.obj, dumps=adapted.dumps)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        if value is None:
            return None
        try:
            # Without our database engine, psycopg has read a `json` already.
            is_text = getattr(connection, "gives_json_as_text", connection.vendor != "postgresql")
            found = json.loads(value, cls=self.decoder) if is_text else value
            if self._is_readable(found):
                return found
        except (KeyError, RecursionError, TypeError, ValueError):
            pass
        return CorruptList() if self.default is list else CorruptDict()

    def _is_readable(self, found: Any) -> bool:
        if self.default in (dict, list) and not isinstance(found, self.default):
            return False
        return self.fits is None or self.fits(found)


if TYPE_CHECKING:
    # As the plain column, whose types follow from whether it may be empty.
    MomentField = models.DateTimeField
else:

    class MomentField(models.DateTimeField):
        """A point in time; by default now, by the clock that all processes share. Migrations see a plain column."""

        def deconstruct(self):
            name, _path, args, kwargs = super().deconstruct()
            if kwargs.get("default") is clock.now:
                kwargs["default"] = timezone.now
            return name, "django.db.models.DateTimeField", args, kwargs


__all__ = ["AddressField", "MomentField", "NameField", "OrderedJSONField"]
