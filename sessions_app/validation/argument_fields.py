"""Forms for the arguments of a call, made from its JSON schema, and read back with their types."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.text.unseen import as_it_was
from sessions_app.validation.json_values import check_storable

PREFIX = "arg."
#: An object that is not given is laid out down to here: a schema may refer to itself.
DEEPEST = 3
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass
class Field:
    """One argument as a form field, or one value inside of one: then `name` has dots in it.

    `value` is its text, `widget` one of text, long, number, date, choice, lines (a list, one a line), json; `shape` is an
    example of what a json field takes, `outer_may_go` says that the object around it is left out where all of it is.
    """

    name: str
    schema: dict[str, Any]
    value: str
    original: Any = None
    given: bool = False
    required: bool = False
    error: str = ""
    changed: bool = False
    was: str = ""
    path: tuple[str, ...] = ()
    shape: str = ""
    outer_may_go: bool = False

    @property
    def label(self) -> str:
        return str(self.schema.get("title") or self.name)

    @property
    def words(self) -> str:
        """The label for people: `Deliver to` for `deliver_to`."""
        return str(self.schema.get("title") or self.name.replace("_", " ").replace(".", ", ").capitalize())

    @property
    def key(self) -> str:
        return PREFIX + self.name

    @property
    def description(self) -> str:
        return str(self.schema.get("description", ""))

    @property
    def type_label(self) -> str:
        """The type's name for people."""
        if "enum" in self.schema:
            return _("choice")
        if self.widget == "date":
            return _("date")
        words = {
            "string": _("text"),
            "integer": _("number"),
            "number": _("number"),
            "boolean": _("yes/no"),
            "array": _("list"),
            "object": _("data"),
        }
        return words.get(str(self.schema.get("type", "")), _("text") if isinstance(self.original, str) else _("data"))

    @property
    def widget(self) -> str:
        kind = self.schema.get("type")
        if "enum" in self.schema or kind == "boolean":
            return "choice"
        if kind in ("integer", "number"):
            return "number"
        if kind == "string" and self.schema.get("format") == "date" and _DATE.fullmatch(self.value or "2000-01-01"):
            return "date"
        if kind == "array" and _fits_lines(self.schema, self.original):
            return "lines"
        if kind == "string" or (kind is None and isinstance(self.original, str)):
            return "long" if len(self.value) > 60 or "\n" in _lines(self.value) else "text"
        return "json"

    @property
    def hint(self) -> str:
        """The hint of an empty field: the tool's default, or how to write the value."""
        default = self.schema.get("default")
        if default not in (None, "", [], {}):
            words = ", ".join(map(_text, default)) if self.widget == "lines" else _spoken(default)
            return _("default: %(value)s") % {"value": words}
        return self.shape or (_("One a line") if self.widget == "lines" else "")

    @property
    def is_text_box(self) -> bool:
        """True if it has room for several lines."""
        return self.widget in ("long", "json", "lines")

    @property
    def input_mode(self) -> str:
        return "numeric" if self.schema.get("type") == "integer" else "decimal"

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """The options: value, label and whether it is chosen.

        An empty one where the value may be missing or is none of them.
        """
        values = self.schema.get("enum", [True, False])
        options = [(_text(item), _spoken(item), _text(item) == self.value) for item in values]
        may_be_empty = not self.required or self.is_nullable
        if may_be_empty or not any(chosen for _value, _words, chosen in options):
            empty = self.hint or _("not set")
            options.insert(0, ("", empty if may_be_empty else _("choose"), self.value == ""))
        return options

    @property
    def is_nullable(self) -> bool:
        """True if it may be null, which an empty field means."""
        return bool(self.schema.get("nullable"))


def fields_of(
    schema: Mapping[str, Any],
    values: Mapping[str, Any],
    posted: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> list[Field]:
    """Return a field for each property of the schema and each argument it does not know; `posted` texts win over `values`.

    An object of which the schema knows all properties becomes one field a property, also where it is not given.
    """
    return _fields(schema, values, schema, (), posted, errors or {}, may_be_absent=False)


def _fields(
    schema: Mapping[str, Any],
    values: Mapping[str, Any],
    root: Mapping[str, Any],
    outer: tuple[str, ...],
    posted: Mapping[str, str] | None,
    errors: Mapping[str, str],
    *,
    may_be_absent: bool,
) -> list[Field]:
    properties = dict(schema.get("properties", {}))
    # An optional object's parts are optional; one that is filled in halfway breaks the schema.
    required = [] if may_be_absent else schema.get("required", [])
    fields: list[Field] = []
    for name in [*properties, *(key for key in values if key not in properties)]:
        part, path = resolved(properties.get(name, {}), root), (*outer, name)
        if _is_laid_out(part, values.get(name, {} if len(outer) < DEEPEST else None)):
            absent = name not in values and name not in required
            fields += _fields(part, values.get(name, {}), root, path, posted, errors, may_be_absent=absent)
            continue
        field = Field(".".join(path), part, "", values.get(name), name in values, name in required, path=path)
        field.outer_may_go = may_be_absent
        field.was = field.value = _field_text(field)
        field.shape = json.dumps(_example(part, root), ensure_ascii=False) if field.widget == "json" and part else ""
        if posted is not None and field.key in posted:
            field.value = _lines(as_it_was(posted[field.key]))
            field.changed = field.value != _lines(field.was)
        field.error = next((why for where, why in errors.items() if concerns(where, field.name)), "")
        fields.append(field)
    return fields


def _example(given: Any, root: Mapping[str, Any], depth: int = 0) -> Any:
    """Return an example value of the schema's shape."""
    part = resolved(given, root)
    if depth > DEEPEST:
        return None
    if "enum" in part:
        return next(iter(part["enum"]), None)
    if part.get("type") == "object":
        return {name: _example(inner, root, depth + 1) for name, inner in part.get("properties", {}).items()}
    if part.get("type") == "array":
        return [_example(part.get("items"), root, depth + 1)]
    return {"integer": 0, "number": 0.5, "boolean": True}.get(str(part.get("type")), "…")


def _lines(text: str) -> str:
    """Return a browser's text with uniform line breaks."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def concerns(where: str, name: str) -> bool:
    """Return whether an error at this path belongs to the field of that name."""
    return where == name or where.startswith((f"{name}.", f"{name}["))


def _is_laid_out(schema: Mapping[str, Any], value: Any) -> bool:
    known = schema.get("properties", {})
    if schema.get("type") != "object" or not known or not isinstance(value, dict):
        return False
    return all(key in known for key in value)


def _fits_lines(schema: Mapping[str, Any], value: Any) -> bool:
    """Return whether a list holds plain texts or numbers, so that it can be edited as one a line."""
    kind = dict(schema.get("items") or {}).get("type")
    if kind not in ("string", "integer", "number") or not isinstance(value, list | None):
        return False
    if kind == "string":
        return all(isinstance(item, str) and item.strip() == item and item and "\n" not in item for item in value or [])
    return all(isinstance(item, int | float) and not isinstance(item, bool) for item in value or [])


def _field_text(field: Field) -> str:
    if not field.given:
        return ""
    if field.widget == "lines" and isinstance(field.original, list):
        return "\n".join(_text(item) for item in field.original)
    return _text(field.original, field.schema)


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
    meant = list(_meant(field))
    if not meant and field.outer_may_go:
        return
    *outer, name = field.path
    for step in outer:
        values = values.setdefault(step, {})
    for value in meant:
        values[name] = value


def _meant(field: Field) -> Iterator[Any]:
    """Return the field's value; none where it is left out. Raises `ValueError` with a text for the person."""
    if field.given and not field.changed:
        yield field.original
    elif field.value != "":
        yield _value(field)
    elif field.is_nullable and (field.required or field.given):
        yield None
    elif field.required or (field.given and _would_come_back(field)):
        yield _nothing(field)


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


def _text(value: Any, schema: Mapping[str, Any] | None = None) -> str:
    """Return a value as the text of its field."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    indent = 1 if isinstance(value, list | dict) and schema is not None else None
    return json.dumps(value, ensure_ascii=False, indent=indent, default=str)


def _spoken(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(field: Field) -> Any:
    """Parse the field's text as a value of its type. Raises `ValueError` with a text for the person."""
    if field.widget == "choice":
        for value in field.schema.get("enum", [True, False]):
            if _text(value) == field.value:
                return value
        raise ValueError(_("Choose one of the options."))
    if field.widget == "number":
        return _number(field.value.strip(), whole=field.schema.get("type") == "integer")
    if field.widget == "lines":
        return _listed(field)
    if field.widget == "json":
        try:
            value = json.loads(field.value)
        except (ValueError, RecursionError):
            raise ValueError(_("This is not valid JSON.")) from None
        check_storable(value)
        return value
    return field.value


def _listed(field: Field) -> list[Any]:
    lines = [line.strip() for line in field.value.split("\n") if line.strip()]
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
