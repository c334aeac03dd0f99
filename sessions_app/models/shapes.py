"""Valid shapes of JSON columns; other values are corrupt, or written by another version."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from kern.records.policy import Policy, Threshold
from kern.records.requirement import InputField

_OF_AN_INPUT = frozenset(field.name for field in fields(InputField))


def tool_calls(value: Any) -> bool:
    """Calls of a message, as `kern.records.message.ToolCall.to_dict` writes them."""
    return all(isinstance(call["id"], str) and isinstance(call["name"], str) for call in value)


def objects(value: Any) -> bool:
    """A list of objects."""
    return all(isinstance(item, dict) for item in value)


def words(value: Any) -> bool:
    """A list of text."""
    return all(isinstance(item, str) for item in value)


def words_or_nothing(value: Any) -> bool:
    """A list of text, or null."""
    return value is None or (isinstance(value, list) and words(value))


def an_object_or_nothing(value: Any) -> bool:
    """An object, or null."""
    return value is None or isinstance(value, dict)


def input_fields(value: Any) -> bool:
    """Return whether these are the input fields of a requirement."""
    return all(isinstance(item["name"], str) and _OF_AN_INPUT.issuperset(item) for item in value) and all(
        isinstance(item.get("schema", {}), dict) for item in value
    )


def schema(value: Any) -> bool:
    """A tool's JSON schema, as far as forms and policies look into it."""
    return all(isinstance(value.get(part, {}), dict) for part in ("properties", "$defs")) and all(
        isinstance(item, dict) for item in value.get("properties", {}).values()
    )


def policy(value: Any) -> bool:
    """A policy that the library knows."""
    known = Policy.from_dict(value)
    return words(known.roles) and all(
        time is None or (isinstance(time, int | float) and not isinstance(time, bool))
        for time in (known.expires_after, known.remind_before)
    )


def thresholds(value: Any) -> bool:
    """Conditions like `"amount > 500"`."""
    return all(isinstance(item, str) and Threshold(item) is not None for item in value)


def metrics(value: Any) -> bool:
    """Return whether these are a run's metrics: numbers."""
    return all(item is None or isinstance(item, int | float) for item in value.values())
