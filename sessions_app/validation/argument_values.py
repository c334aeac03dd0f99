"""Filled fields of a call's arguments as values, in their schema's types."""

from __future__ import annotations

import json
import math
from enum import Enum, auto
from typing import Any

from django.utils.translation import gettext as _

from kern.validation.text import storable
from sessions_app.validation.argument_fields import Field
from sessions_app.validation.argument_texts import text_of
from sessions_app.validation.json_values import as_storable


class _Absent(Enum):
    """The value of a field that is left out."""

    LEFT_OUT = auto()


def values_of(fields: list[Field]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values of filled fields, in their schema's types, and the errors by field.

    An untouched field keeps its value exactly; an emptied one is null where it may be, else an empty list or text where the
    tool would take its default for one that is absent, else left out where it may be.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in fields:
        try:
            _put(values, field)
        except ValueError as problem:
            errors[field.name] = str(problem)
    return values, errors


def _put(values: dict[str, Any], field: Field) -> None:
    """Write the field's value at its path. Raises `ValueError` with a text for the person."""
    meant = _meant(field)
    if meant is _Absent.LEFT_OUT and field.outer_may_go:
        return
    *outer, name = field.path
    for step in outer:
        values = values.setdefault(step, {})
    if meant is not _Absent.LEFT_OUT:
        values[name] = meant


def _meant(field: Field) -> Any:
    """Return the field's value, or `LEFT_OUT`. Raises `ValueError` with a text for the person."""
    if field.given and not field.changed:
        return field.original
    if field.value != "":
        return _value(field)
    if field.is_nullable and (field.required or field.given):
        return None
    if field.required or (field.given and _would_come_back(field)):
        return _nothing(field)
    return _Absent.LEFT_OUT


def _would_come_back(field: Field) -> bool:
    """Return whether an emptied list or text would become the tool's default if it were left out."""
    return field.schema.get("default") not in (None, "", []) and field.schema.get("type") in ("array", "string")


def _nothing(field: Field) -> Any:
    """Return the value of an emptied required field. Raises `ValueError` where there is no empty value."""
    if field.widget == "lines":
        return []
    if field.schema.get("type") == "string" and "" in field.schema.get("enum", [""]):
        return ""
    raise ValueError(_("This is needed."))


def _value(field: Field) -> Any:
    """Parse the field's text as a value of its type. Raises `ValueError` with a text for the person."""
    if field.widget == "choice":
        for value in field.schema.get("enum", [True, False]):
            if text_of(value) == field.value:
                return value
        raise ValueError(_("Choose one of the options."))
    if field.widget == "number":
        return _number(field.value.strip(), whole=field.schema.get("type") == "integer")
    if field.widget == "lines":
        return _listed(field)
    if field.widget == "json":
        return as_storable(_parsed(field.value))
    return storable(field.value)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(_("This is not valid JSON.")) from None


def _listed(field: Field) -> list[Any]:
    lines = [line.strip() for line in storable(field.value).split("\n") if line.strip()]
    kind = dict(field.schema.get("items") or {}).get("type")
    return lines if kind == "string" else [_number(line, whole=kind == "integer") for line in lines]


def _number(text: str, *, whole: bool) -> int | float:
    try:
        return int(text)
    except ValueError:
        if whole:
            raise ValueError(_("Write a whole number.")) from None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(_("Write a number, with a point before the decimals."))
    return number
