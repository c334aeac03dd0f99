"""JSON schemas of arguments: references followed, and what of them fits a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: An object that is not given is laid out down to here: a schema may refer to itself.
MOST_LEVELS = 3


def resolved(given: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return one property's schema with its reference followed and `null` taken out of its types (and noted as `nullable`)."""
    part: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {}
    reference = str(part.get("$ref", ""))
    if reference.startswith("#/$defs/"):
        target = root.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {})
        part = {**target, **{key: value for key, value in part.items() if key != "$ref"}}
    options = part.get("anyOf") or part.get("oneOf")
    if options:
        real = [option for option in options if option.get("type") != "null"]
        nullable = len(real) < len(options)
        if len(real) == 1:
            rest = {key: value for key, value in part.items() if key not in ("anyOf", "oneOf")}
            return {**resolved(real[0], root), **rest, "nullable": nullable}
    kind = part.get("type")
    if isinstance(kind, list):
        real = [item for item in kind if item != "null"]
        part = {**part, "type": real[0] if len(real) == 1 else None, "nullable": "null" in kind}
    if None in part.get("enum", []):
        part = {**part, "enum": [item for item in part["enum"] if item is not None], "nullable": True}
    return part


def example_of(given: Any, root: Mapping[str, Any], depth: int = 0) -> Any:
    """Return an example value of the schema's shape."""
    part = resolved(given, root)
    if depth > MOST_LEVELS:
        return None
    if "enum" in part:
        return next(iter(part["enum"]), None)
    if part.get("type") == "object":
        return {name: example_of(inner, root, depth + 1) for name, inner in part.get("properties", {}).items()}
    if part.get("type") == "array":
        return [example_of(part.get("items"), root, depth + 1)]
    return {"integer": 0, "number": 0.5, "boolean": True}.get(str(part.get("type")), "…")


def is_laid_out(schema: Mapping[str, Any], value: Any) -> bool:
    """Return whether an object gets a field for each of its properties: the schema must know all that are there."""
    known = schema.get("properties", {})
    if schema.get("type") != "object" or not known or not isinstance(value, dict):
        return False
    return all(key in known for key in value)


def fits_lines(schema: Mapping[str, Any], value: Any) -> bool:
    """Return whether a list holds plain texts or numbers, so that it can be edited as one a line."""
    kind = dict(schema.get("items") or {}).get("type")
    if kind not in ("string", "integer", "number") or not isinstance(value, list | None):
        return False
    if kind == "string":
        return all(isinstance(item, str) and item.strip() == item and item and "\n" not in item for item in value or [])
    return all(isinstance(item, int | float) and not isinstance(item, bool) for item in value or [])
