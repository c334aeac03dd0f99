"""JSON values against JSON schemas, with complaints that a person or a model can act on."""

from __future__ import annotations

import datetime
import functools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kern.errors import InvalidAnswerError
from kern.validation.patterns import found_in
from kern.validation.sizes import is_too_deep

if TYPE_CHECKING:
    from jsonschema import FormatChecker
    from jsonschema.exceptions import ValidationError

Schema = dict[str, Any]

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_FORMATS = {
    "date": "a date like 2026-01-31",
    "date-time": "a date and time like 2026-01-31T14:05:00Z",
    "time": "a time like 14:05",
    "email": "an e-mail address",
    "uuid": "a UUID",
}

_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "greater than",
    "exclusiveMaximum": "less than",
}


def validate(arguments: dict[str, Any], schema: Schema) -> None:
    """Raise `InvalidAnswerError` unless `arguments` fit `schema`.

    Its `errors` map each wrong value's dotted path (`"passengers.0.name"`) to what is wrong; its message says all of them.
    Nothing is converted: `"5"` is not 5 and `true` is not 1.
    """
    raise_if_any(errors_of(arguments, schema))


def without_needless_nulls(arguments: Any, schema: Schema) -> Any:
    """The arguments without nulls for what need not be given and takes no null: models write null where they mean the default.

    A copy where something was left out, at any depth.
    """
    return _without_nulls(arguments, schema, {"$defs": schema["$defs"]} if "$defs" in schema else {})


def errors_of(value: Any, schema: Schema, above: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the errors of `value` by dotted path below `above`; empty where it fits."""
    if is_too_deep(value):
        return {".".join(above): "is nested too deep"}
    found: dict[str, str] = {}
    validator = _validator()(schema, format_checker=_format_checker())
    complaints = [item for error in validator.iter_errors(value) for item in _complaints(error)]
    for path, text in [*complaints, *_not_finite(value)]:
        found.setdefault(".".join((*above, *map(str, path))), text)
    return found


def raise_if_any(errors: dict[str, str]) -> None:
    """Raise `InvalidAnswerError` that says all `errors`, by dotted path."""
    if errors:
        raise InvalidAnswerError("; ".join(f"{path} {text}".strip() for path, text in errors.items()), errors)


def _without_nulls(value: Any, schema: Schema, shared: Schema) -> Any:
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [_without_nulls(item, schema["items"], shared) for item in value]
    if not isinstance(value, dict) or not isinstance(schema.get("properties"), dict):
        return value
    parts, required = schema["properties"], schema.get("required", ())
    return {
        name: _without_nulls(item, parts.get(name, {}), shared)
        for name, item in value.items()
        if item is not None or name not in parts or name in required or not errors_of(None, {**shared, **parts[name]})
    }


def _complaints(error: ValidationError) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Each complaint sits at the value it is about; a missing or an unknown one at the name it has or should have."""
    path, wanted, value = tuple(error.absolute_path), _wanted(error), _instance(error)
    if error.validator == "required":
        # One error a missing property, but each lists all of them.
        yield from (((*path, name), "is required") for name in wanted if name not in value)
    elif error.validator == "additionalProperties" and wanted is False:
        known = _schema(error).get("properties", {})
        yield from (((*path, name), "is unknown") for name in value if name not in known)
    else:
        yield path, _text(error)


def _text(error: ValidationError) -> str:
    wanted = _wanted(error)
    match str(error.validator):
        case "type":
            return f"must be {_one_of(_TYPES.get(name, name) for name in ([wanted] if isinstance(wanted, str) else wanted))}"
        case "enum":
            return f"must be {_one_of(str(item) for item in wanted if item is not None)}"
        case "format":
            return f"must be {_FORMATS.get(wanted, wanted)}"
        case "pattern":
            # Examples say it to people and models alike; a regular expression to those who know them.
            examples = _schema(error).get("examples")
            return f"must look like {_one_of(map(str, examples))}" if examples else f"must match {wanted}"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return f"must be {_BOUNDS[str(error.validator)]} {wanted}"
        case "minLength" | "minItems" | "maxLength" | "maxItems" as rule:
            unit = "characters" if rule.endswith("Length") else "entries"
            return f"must have {'at least' if rule.startswith('min') else 'at most'} {wanted} {unit}"
        case "anyOf" | "oneOf" if error.context:
            return " or ".join(dict.fromkeys(_text_below(item) for item in error.context))
        case _:
            return error.message


def _text_below(error: ValidationError) -> str:
    if error.validator not in ("required", "additionalProperties"):
        return _text(error)
    return ", ".join(f"{'.'.join(map(str, path))} {text}".strip() for path, text in _complaints(error))


def _wanted(error: ValidationError) -> Any:
    """The value of the schema's keyword that does not hold."""
    return error.validator_value


def _instance(error: ValidationError) -> Any:
    """The value that does not fit."""
    return error.instance


def _schema(error: ValidationError) -> Schema:
    """The schema that the keyword stands in. A schema may be `true` or `false`, and then has no keywords."""
    return dict(error.schema) if isinstance(error.schema, Mapping) else {}


def _one_of(texts: Iterable[str]) -> str:
    *rest, last = texts
    return f"{', '.join(rest)} or {last}" if rest else last


def _not_finite(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Python's JSON reads NaN and Infinity, which no database and no other program takes."""
    if isinstance(value, float) and not math.isfinite(value):
        yield path, "must be a finite number"
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _not_finite(item, (*path, key))


@functools.cache
def _validator() -> Any:
    """The validator, whose patterns are matched in linear time: what is looked at comes from models and people."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    return extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


def _pattern(_validator: object, wanted: str, value: object, _schema: object) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if isinstance(value, str) and not found_in(wanted, value):
        yield ValidationError(f"must match {wanted}")


@functools.cache
def _format_checker() -> FormatChecker:
    from jsonschema import FormatChecker

    checker = FormatChecker(["date", "uuid", "email", "ipv4", "ipv6"])
    checker.checks("time", ValueError)(_is_time)
    checker.checks("date-time", ValueError)(_is_date_time)
    return checker


def _is_time(value: object) -> bool:
    if isinstance(value, str):
        datetime.time.fromisoformat(value)
    return True


def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    datetime.datetime.fromisoformat(value)
    # A date alone parses too, but without a time it is no date-time.
    return "T" in value.upper() or " " in value
