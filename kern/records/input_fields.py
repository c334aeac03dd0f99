"""The values that a `user_input` requirement asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kern.errors import InvalidAnswerError


@dataclass(slots=True)
class InputField:
    """One value that a `user_input` requirement asks for; `schema` is its part of the tool's JSON schema."""

    name: str
    schema: dict[str, Any] = field(default_factory=dict)
    description: str = ""
    required: bool = True
    value: Any = None


def validate_fields(values: dict[str, Any], fields: Sequence[InputField], schema: dict[str, Any]) -> None:
    """Raise `InvalidAnswerError` unless a person's `values` fill `fields`; `schema` is the whole tool's.

    Reports required fields that are missing or blank, names that were not asked for, and values of the wrong type.
    """
    from kern.validation.json_schema import errors_of, raise_if_any

    if not isinstance(values, dict):
        raise InvalidAnswerError("the input must map each field's name to its value", {"": "must be an object"})
    shared = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    errors = {name: "is not asked for" for name in values if name not in {field.name for field in fields}}
    for item in fields:
        value, whole = values.get(item.name), {**shared, **item.schema}
        takes_null = item.name in values and value is None and not errors_of(None, whole)
        if _is_blank(value) and item.required and not takes_null:
            errors[item.name] = "is required"
        elif item.name in values:
            errors |= errors_of(value, whole, (item.name,))
    raise_if_any(errors)


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())
