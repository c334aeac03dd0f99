"""Validate an admin's policy: unknown tools, groups or arguments are errors."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kern.records.drafts import SCHEMA, SEND_ANSWER
from kern.records.policy import Threshold
from sessions_app.desk.tools import tool_names, tools_named
from sessions_app.validation.argument_schemas import MOST_LEVELS, resolved

#: Answers to these are one person's word about what happened outside, or a choice: nothing runs that two could approve.
ONE_ANSWERS = ("external_execution", "user_feedback")
#: Types of arguments that are more or less than others; "None" is one whose type is open.
MEASURED = ("integer", "number", "None")
#: Names that a condition can be written with.
_NAME = re.compile(r"\w+")


def check_tool(name: str) -> None:
    """Raise `ValidationError` where no agent of the desk has a tool of that name."""
    known = [*tool_names(), SEND_ANSWER]
    if name not in known:
        raise ValidationError(_("No agent has a tool named %(name)s. Tools: %(known)s.") % _listing(name, known))


def check_roles(roles: list[str]) -> None:
    """Raise `ValidationError` for an unknown group: no person could decide."""
    known = list(Group.objects.order_by("name").values_list("name", flat=True))
    for role in roles:
        if role not in known:
            raise ValidationError(_("There is no group named %(name)s. Groups: %(known)s.") % _listing(role, known))


def check_conditions(tool_name: str, conditions: list[str]) -> None:
    """Raise `ValidationError` for a condition on an argument that the tool does not have."""
    for condition in conditions:
        path = Threshold(condition).path
        schemas = _schemas_of(tool_name)
        if schemas and not any(_leads_somewhere(schema, schema, path) for schema in schemas):
            known = sorted({name for schema in schemas for name in schema.get("properties", {})})
            text = _("%(tool)s has no argument %(name)s. Arguments: %(known)s.")
            raise ValidationError(text % {"tool": tool_name, **_listing(".".join(path), known)})
        check_value(tool_name, condition)


def check_approvers(tool_name: str, approvers: int, conditions: list[str]) -> None:
    """Raise `ValidationError` where two people are asked to approve a call that one person answers."""
    kinds = {tool.requirement_kind for tool in tools_named(tool_name)}
    if (approvers > 1 or conditions) and kinds and kinds <= set(ONE_ANSWERS):
        raise ValidationError(_("One person answers for %(tool)s: nothing runs that two could approve.") % {"tool": tool_name})


def check_value(tool_name: str, condition: str) -> None:
    """Raise `ValidationError` for a value that the argument can never be compared with: the condition would always hold."""
    threshold = Threshold(condition)
    name, value = ".".join(threshold.path), threshold.value.strip("'\"")
    parts = argument_schemas(tool_name).get(name, [])
    types = {str(part.get("type")) for part in parts}
    if threshold.operator not in ("==", "!="):
        if not _is_number(threshold.value):
            raise ValidationError(_("Write a number, with a dot before its fraction: 1000 or 1000.50."))
        if types and types.isdisjoint(MEASURED):
            raise ValidationError(_("%(name)s is no number, so it is never more or less.") % {"name": name})
        return
    known = {str(item) for part in parts for item in part.get("enum", [])}
    if known and all("enum" in part for part in parts) and value not in known:
        raise ValidationError(
            _("%(name)s is never that. It is one of: %(known)s.") % {"name": name, "known": ", ".join(sorted(known))}
        )
    if types == {"boolean"} and value.lower() not in ("true", "false"):
        raise ValidationError(_("%(name)s is true or false.") % {"name": name})


def argument_schemas(tool_name: str) -> dict[str, list[dict[str, Any]]]:
    """Return the paths of arguments that a threshold can name, each with its schema in every tool of that name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for schema in _schemas_of(tool_name):
        for path, part in _leaves(schema, schema, (), 0):
            found.setdefault(".".join(path), []).append(part)
    return found


def asks_nobody(tool_name: str) -> bool:
    """Return whether the tool runs without asking, so that a policy holds only for calls that a crash left uncertain."""
    tools = tools_named(tool_name)
    return bool(tools) and all(tool.requirement_kind is None for tool in tools)


def _schemas_of(tool_name: str) -> list[dict[str, Any]]:
    return [SCHEMA] if tool_name == SEND_ANSWER else [tool.parameters for tool in tools_named(tool_name)]


def _leads_somewhere(part: dict[str, Any], root: dict[str, Any], path: tuple[str, ...]) -> bool:
    """Return whether the schema allows a value at the path; an open schema allows any."""
    part = resolved(part, root)
    if not path:
        return True
    if part.get("type") == "array":
        rest = path[1:] if path[0].isdecimal() else path
        return _leads_somewhere(part.get("items") or {}, root, rest)
    properties = part.get("properties")
    if not properties:
        return part.get("type") in (None, "object")
    return path[0] in properties and _leads_somewhere(properties[path[0]], root, path[1:])


def _listing(name: str, known: list[str]) -> dict[str, str]:
    return {"name": name, "known": ", ".join(known) or _("none")}


def _leaves(
    part: dict[str, Any], root: dict[str, Any], path: tuple[str, ...], depth: int
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    part = resolved(part, root)
    if part.get("type") == "array":
        part = resolved(part.get("items") or {}, root)
    inner = part.get("properties")
    if inner and depth <= MOST_LEVELS:
        for name in filter(_NAME.fullmatch, inner):
            yield from _leaves(inner[name], root, (*path, name), depth + 1)
    elif path:
        yield path, part


def _is_number(text: str) -> bool:
    try:
        return not math.isnan(float(text))
    except ValueError:
        return False
