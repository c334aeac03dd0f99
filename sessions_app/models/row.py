"""The base of all rows: detection of values that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self

from django.db import models

from sessions_app.infrastructure import broken_rows

#: The valid type of a column by Django's name of its kind, and the stand-in for other values.
_KINDS: dict[str, tuple[type, Any]] = {
    "BooleanField": (bool, False),
    "CharField": (str, ""),
    "DateTimeField": (datetime, broken_rows.CorruptMoment.make()),
    "FloatField": (float, 0.0),
    "PositiveBigIntegerField": (int, 0),
    "PositiveIntegerField": (int, 0),
    "PositiveSmallIntegerField": (int, 0),
    "SlugField": (str, ""),
    "TextField": (str, ""),
}


class Row(models.Model):
    """A row that reports its unreadable columns: `broken` names them with the reason, and is empty for a valid row.

    Columns that cannot be read have stand-ins, and are never written over them.
    """

    broken: str = ""
    #: The values of unreadable columns; the others of a broken row are as they are stored.
    stand_ins: Mapping[str, Any] = MappingProxyType({})

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if self.stand_ins and not self._state.adding:
            named = options.get("update_fields") or [
                field.name for field in self._meta.concrete_fields if not field.primary_key
            ]
            attnames = {field.name: field.attname for field in self._meta.concrete_fields}
            options["update_fields"] = [name for name in named if not self._is_stand_in(attnames.get(name, name))]
        super().save(*args, **options)

    @classmethod
    def from_db(  # type: ignore[override]  # the stubs are of a later Django
        cls, db: str | None, field_names: Sequence[str], values: Sequence[Any]
    ) -> Self:
        checks = _checks_of(cls)
        wrong = [name for name, value in zip(field_names, values, strict=False) if not checks[name].fits(value)]
        if not wrong:
            return super().from_db(db, field_names, values)
        stored = dict(zip(field_names, values, strict=False))
        problems = [checks[name].problem(stored[name]) for name in wrong]
        readable = [checks[name].readable(value) if name in wrong else value for name, value in stored.items()]
        row = super().from_db(db, field_names, readable)
        row.broken, row.stand_ins = "; ".join(problems), {name: getattr(row, name) for name in wrong}
        broken_rows.report(cls._meta.model_name or cls.__name__, row.pk, row.broken)
        return row

    def _is_stand_in(self, name: str) -> bool:
        return name in self.stand_ins and bool(getattr(self, name) == self.stand_ins[name])


class _Check:
    """The valid values of one column."""

    def __init__(self, field: models.Field[Any, Any]) -> None:
        self.name, self.is_optional = field.attname, field.null
        self.kind: type | None = None
        self.stand_in: Any = None
        self.kind, self.stand_in = _KINDS.get(field.get_internal_type(), (None, None))
        if isinstance(field, models.JSONField):
            # Where a column begins as an object or as a list, it is one.
            self.kind = field.default if field.default in (dict, list) else None
            self.stand_in = broken_rows.CorruptDict() if self.kind is not list else broken_rows.CorruptList()
        self.choices: set[Any] | None = set(dict(field.flatchoices)) if field.choices else None
        if self.choices is not None and field.blank:
            self.choices.add("")

    def fits(self, value: Any) -> bool:
        if value is None:
            return self.is_optional
        if self.kind is None:
            return not isinstance(value, broken_rows.CorruptDict | broken_rows.CorruptList)
        # A class of its own is a stand-in.
        if value.__class__ is not self.kind:
            return self.kind is float and value.__class__ is int
        return self.choices is None or value in self.choices

    def problem(self, value: Any) -> str:
        if self.choices is not None and value.__class__ is self.kind:
            return f"{self.name} is {str(value)[:40]!r}, which this version does not know"
        if isinstance(value, broken_rows.CorruptMoment):
            return f"{self.name} is no point in time"
        if isinstance(value, broken_rows.CorruptDict | broken_rows.CorruptList):
            return f"{self.name} is no JSON that can be read"
        wanted = self.kind.__name__ if self.kind else "something else"
        return f"{self.name} has a value of another kind than {wanted}"

    def readable(self, value: Any) -> Any:
        """Return the value where it can be read (also an unknown status), else the stand-in."""
        if value.__class__ is self.kind or isinstance(
            value, broken_rows.CorruptDict | broken_rows.CorruptList | broken_rows.CorruptMoment
        ):
            return None if isinstance(value, broken_rows.CorruptMoment) and self.is_optional else value
        return None if self.is_optional else self.stand_in


_checks: dict[type[models.Model], dict[str, _Check]] = {}


def _checks_of(model: type[models.Model]) -> dict[str, _Check]:
    found = _checks.get(model)
    if found is None:
        found = _checks[model] = {field.attname: _Check(field) for field in model._meta.concrete_fields}
    return found
