"""Requirements as JSON and back: a page or another program shows the question and returns the answers (rule L21).

The returned JSON is untrusted, so everything is checked. It can answer, but not change the question: storages take of an answer
only the columns that `answer_row` and its like copy, never the tool, the stored arguments or the policy (rule L8).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any, get_args

from kern.errors import InvalidAnswerError, WrongTypeError
from kern.records.input_fields import InputField
from kern.records.kinds import Kind, Reason, Status
from kern.records.policy import Policy
from kern.validation.sizes import is_too_deep

#: No clock shows more seconds since 1970: it is the end of the year 9999.
LATEST = 253_402_300_800
Check = Callable[[Any], bool]


def plain(value: Any) -> Any:
    """Return the value as data that `json.dumps` takes; other types (dates, endless numbers) become text."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)


def checked(data: object, names: Collection[str]) -> dict[str, Any]:
    """Return the values for `names` in the output of `Requirement.to_dict`.

    Other keys are ignored, keys with a default may be missing.

    Raises `WrongTypeError` for what is no object, `InvalidAnswerError` with one entry a wrong key.
    """
    if not isinstance(data, Mapping):
        raise WrongTypeError(f"a requirement is an object as to_dict makes it, not {type(data).__name__}")
    errors = _errors(data)
    if errors:
        text = "; ".join(f"{name} {what}" for name, what in errors.items())
        raise InvalidAnswerError(f"this is no requirement: {text}", errors)
    known = {name: data[name] for name in names if name in data}
    known["fields"] = [
        InputField(**{part.name: item[part.name] for part in fields(InputField) if part.name in item})
        for item in data.get("fields", [])
    ]
    known["policy"] = Policy.from_dict(data["policy"]) if data.get("policy") else Policy()
    return known


def _errors(data: Mapping[str, Any]) -> dict[str, str]:
    missing = {name: "is missing" for name in _NEEDED if name not in data}
    wrong = {name: f"must be {what}" for name, (what, fits) in _CHECKS.items() if name in data and not fits(data[name])}
    if not wrong and data.get("policy"):
        try:
            Policy.from_dict(data["policy"])
        except (TypeError, ValueError, AttributeError) as error:
            wrong["policy"] = f"must be one: {error}"
    nested = ("arguments", "edited_arguments", "answer", "schema")
    return {**missing, **wrong, **{name: "is nested too deep" for name in nested if _deep(data.get(name))}}


def _one_of(words: Sequence[str]) -> tuple[str, Check]:
    return f"one of {', '.join(words)}", lambda value: value in words if isinstance(value, str) else False


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value))


def _is_field(value: Any) -> bool:
    if not _is_object(value) or not isinstance(value.get("name"), str):
        return False
    description, required = value.get("description", ""), value.get("required", True)
    return isinstance(description, str) and isinstance(required, bool) and _is_object(value.get("schema", {}))


def _is_moment(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < LATEST


def _is_moment_or_none(value: Any) -> bool:
    return value is None or _is_moment(value)


def _deep(value: Any) -> bool:
    return isinstance(value, dict | list) and is_too_deep(value)


_NEEDED = ("kind", "requirement_id", "run_id", "root_run_id", "session_id", "call_id", "tool_name")
_TEXTS = ("requirement_id", "run_id", "root_run_id", "session_id", "call_id", "tool_name", "question", "agent_name", "note")
#: By key: what its value must be, and whether it is.
_CHECKS: dict[str, tuple[str, Check]] = {
    "kind": _one_of(get_args(Kind)),
    "status": _one_of(get_args(Status)),
    "reason": _one_of(get_args(Reason)),
    **dict.fromkeys(_TEXTS, ("text", _is_text)),
    **dict.fromkeys(("arguments", "schema"), ("an object", _is_object)),
    "edited_arguments": ("an object or null", lambda value: value is None or _is_object(value)),
    "policy": ("an object or null", lambda value: value is None or _is_object(value)),
    "fields": ("a list of objects with a name", lambda value: isinstance(value, list) and all(map(_is_field, value))),
    **dict.fromkeys(("options", "approved_by"), ("a list of texts", _are_texts)),
    "multiple": ("true or false", lambda value: isinstance(value, bool)),
    "created_at": ("seconds since 1970", _is_moment),
    **dict.fromkeys(("decided_at", "expires_at"), ("seconds since 1970, or null", _is_moment_or_none)),
}
