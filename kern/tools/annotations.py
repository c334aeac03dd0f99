"""JSON schemas of Python types, by pydantic, simplified for models and for people's forms.

References are written out, `X | None` becomes one schema with two types, titles are dropped, decimals are numbers, and objects
allow nothing that they do not name.
"""

from __future__ import annotations

import functools
import json
import operator
import sys
import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import PydanticUserError, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticSerializationError, core_schema
from typing_extensions import TypedDict

Schema = dict[str, Any]
_REF = "#/$defs/"


def adapter_of(annotation: Any, what: str) -> TypeAdapter[Any]:
    """Return the converter for a type. Raises `TypeError` that names `what` where the type cannot come out of JSON."""
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(_readable(annotation))
        adapter.json_schema(schema_generator=_PlainSchema)
    except (PydanticUserError, PydanticInvalidForJsonSchema) as error:
        reason = str(error).partition("\n")[0]
        raise TypeError(f"{what} cannot be filled from JSON: its type is {annotation!r}. {reason}") from error
    return adapter


def schemas_of(adapters: Mapping[str, TypeAdapter[Any]]) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """Return the schema of each type, and the shared ones that refer to themselves (they cannot be written out)."""
    wanted = [(name, "validation", adapter) for name, adapter in adapters.items()]
    found, shared = TypeAdapter.json_schemas(wanted, schema_generator=_PlainSchema)  # type: ignore[arg-type]
    plain = _Plain(shared.get("$defs", {}))
    parts = {name: plain.schema(found[name, "validation"]) for name in adapters}
    return parts, plain.recursive


def encode_default(adapter: TypeAdapter[Any], default: Any) -> Schema:
    """Return `{"default": …}`, or nothing where the default has no JSON form."""
    try:
        plain = float(default) if isinstance(default, Decimal) else adapter.dump_python(default, mode="json", warnings=False)
    except (PydanticSerializationError, ValueError, TypeError):
        return {}
    return {"default": plain} if _is_json(plain) else {}


def _readable(annotation: Any) -> Any:
    """Return the same type with each `typing.TypedDict` as one of typing_extensions.

    Before Python 3.12 pydantic refuses the other.
    """
    if sys.version_info >= (3, 12):
        return annotation
    if typing.is_typeddict(annotation) and type(annotation).__module__ == "typing":
        return _typed_dict(annotation)
    parts, origin = typing.get_args(annotation), typing.get_origin(annotation)
    if not parts or origin is typing.Literal:
        return annotation
    if origin is typing.Annotated:
        return typing.Annotated[_readable(parts[0]), *parts[1:]]
    changed = tuple(_readable(part) for part in parts)
    if changed == parts:
        return annotation
    return functools.reduce(operator.or_, changed) if origin in (typing.Union, types.UnionType) else origin[changed]


def _typed_dict(original: Any) -> Any:
    """Mark optional keys one by one: with postponed annotations Python thinks that none may be missing."""
    keys = {}
    for key, hint in typing.get_type_hints(original, include_extras=True).items():
        mark = typing.get_origin(hint)
        if mark in (typing.Required, typing.NotRequired):
            hint = typing.get_args(hint)[0]
        else:
            mark = typing.Required if key in original.__required_keys__ else typing.NotRequired
        keys[key] = mark[_readable(hint)]
    return TypedDict(original.__name__, keys)  # type: ignore[operator]


class _PlainSchema(GenerateJsonSchema):
    """Decimals are JSON numbers: models and people write 19.99, and text that looks like a number stays text."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        plain: JsonSchemaValue = {"type": "number"}
        self.update_with_validations(plain, schema, self.ValidationsMapping.numeric)
        return {key: float(value) if isinstance(value, Decimal) else value for key, value in plain.items()}

    def encode_default(self, dft: Any) -> Any:
        return float(dft) if isinstance(dft, Decimal) else super().encode_default(dft)


class _Plain:
    """Writes references out; what refers to itself is kept in `recursive`."""

    _ONE = ("items", "additionalProperties", "contains", "not", "propertyNames")
    _SEVERAL = ("anyOf", "oneOf", "allOf", "prefixItems")
    _NAMED = ("properties", "patternProperties")
    _HOLDING_SCHEMAS = (*_ONE, *_SEVERAL, *_NAMED)
    _LEFT_OUT = ("title", "$ref", "discriminator")

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions
        self._open: list[str] = []
        self.recursive: dict[str, Schema] = {}

    def schema(self, raw: Schema) -> Schema:
        """Return the plain form of one schema."""
        beside = {key: self._value(key, value) for key, value in raw.items() if key not in self._LEFT_OUT}
        # A bound or a default of infinity says nothing that JSON could say.
        beside = {key: value for key, value in beside.items() if key in self._HOLDING_SCHEMAS or _is_json(value)}
        plain = {**self._referred(raw["$ref"]), **beside} if "$ref" in raw else beside
        if "const" in plain:
            plain["enum"] = [plain.pop("const")]
        if "properties" in plain:
            plain.setdefault("additionalProperties", False)
        return _without_null_branch(plain)

    def _value(self, key: str, value: Any) -> Any:
        if key in self._ONE and isinstance(value, dict):
            return self.schema(value)
        if key in self._SEVERAL:
            return [self.schema(item) for item in value]
        if key in self._NAMED:
            return {name: self.schema(item) for name, item in value.items()}
        return value

    def _referred(self, reference: str) -> Schema:
        name = reference.removeprefix(_REF)
        if name in self._open:
            self.recursive.setdefault(name, {})
            return {"$ref": reference}
        self._open.append(name)
        plain = self.schema(self._definitions[name])
        self._open.pop()
        if name in self.recursive:
            self.recursive[name] = plain
        return dict(plain)


def _is_json(value: Any) -> bool:
    """Return whether every program can read the value as JSON; NaN and Infinity are Python's own."""
    try:
        json.dumps(value, allow_nan=False)
    except (ValueError, TypeError):
        return False
    return True


def _without_null_branch(plain: Schema) -> Schema:
    """Return `X | None` as X that may also be null.

    Easier to read, to render as a form field, and to validate with clear errors.
    """
    branches = plain.get("anyOf", [])
    others = [branch for branch in branches if branch != {"type": "null"}]
    if len(others) != 1 or len(branches) != 2 or not isinstance(others[0].get("type"), str):
        return plain
    inner = dict(others[0])
    inner["type"] = [inner["type"], "null"]
    if "enum" in inner:
        inner["enum"] = [*inner["enum"], None]
    return {**inner, **{key: value for key, value in plain.items() if key != "anyOf"}}
