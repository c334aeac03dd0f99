"""Read values from a server's JSON without trusting its types: each reader returns the value, or an empty one of its type."""

from __future__ import annotations

import json
import math
from typing import Any

Json = dict[str, Any]


def mapping(value: Any) -> Json:
    """Return the object, or an empty one."""
    return value if isinstance(value, dict) else {}


def entries(value: Any) -> list[Any]:
    """Return the list, or an empty one; a single object or text counts as a list of it."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict | str) and value else []


def text(value: Any) -> str:
    """Return the text: of a number its digits, of an object its `text` or `value`, of all else nothing."""
    while isinstance(value, dict):
        value = value.get("text", value.get("value"))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return value if isinstance(value, str) else str(value)


def word(value: Any) -> str:
    """Return an id, a name or a kind: text, or a number that was sent without quotes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else ""


def count(value: Any) -> int:
    """Return the number, also where it came as text; 0 where it is none or negative."""
    try:
        number = float(value) if isinstance(value, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return 0
    return max(0, int(number)) if math.isfinite(number) else 0


def place(value: Any) -> int | None:
    """Return an index, or `None`."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def parsed(value: Any) -> Any:
    """Parse JSON text, also when it is itself encoded as a JSON string. Raises `ValueError` for invalid JSON."""
    for _ in range(2):
        if isinstance(value, str):
            try:
                value = json.loads(value) if value.strip() else None
            except RecursionError:
                raise ValueError("nested too deep") from None
    return value
