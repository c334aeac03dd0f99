"""Forms for the arguments of a call, made from its JSON schema; `argument_values` reads them back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from sessions_app.text.unseen import as_it_was
from sessions_app.validation.argument_schemas import MOST_LEVELS, example_of, fits_lines, is_laid_out, resolved
from sessions_app.validation.argument_texts import line_feeds, spoken, text_of

PREFIX = "arg."
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
        if kind == "array" and fits_lines(self.schema, self.original):
            return "lines"
        if kind == "string" or (kind is None and isinstance(self.original, str)):
            return "long" if len(self.value) > 60 or "\n" in line_feeds(self.value) else "text"
        return "json"

    @property
    def hint(self) -> str:
        """The hint of an empty field: the tool's default, or how to write the value."""
        default = self.schema.get("default")
        if default not in (None, "", [], {}):
            words = ", ".join(map(text_of, default)) if self.widget == "lines" else spoken(default)
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
        options = [(text_of(item), spoken(item), text_of(item) == self.value) for item in values]
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
        if is_laid_out(part, values.get(name, {} if len(outer) < MOST_LEVELS else None)):
            absent = name not in values and name not in required
            fields += _fields(part, values.get(name, {}), root, path, posted, errors, may_be_absent=absent)
            continue
        field = Field(".".join(path), part, "", values.get(name), name in values, name in required, path=path)
        field.outer_may_go = may_be_absent
        field.was = field.value = _field_text(field)
        field.shape = json.dumps(example_of(part, root), ensure_ascii=False) if field.widget == "json" and part else ""
        if posted is not None and field.key in posted:
            field.value = line_feeds(as_it_was(posted[field.key]))
            field.changed = field.value != line_feeds(field.was)
        field.error = next((why for where, why in errors.items() if concerns(where, field.name)), "")
        fields.append(field)
    return fields


def concerns(where: str, name: str) -> bool:
    """Return whether an error at this path belongs to the field of that name."""
    return where == name or where.startswith((f"{name}.", f"{name}["))


def _field_text(field: Field) -> str:
    if not field.given:
        return ""
    if field.widget == "lines" and isinstance(field.original, list):
        return "\n".join(text_of(item) for item in field.original)
    return text_of(field.original, field.schema)
