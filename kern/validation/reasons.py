"""The reason of a failure as one text, for any exception."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from kern.errors import ToolError

_CLASS = re.compile(r"[A-Z]\w+: ")


def reason_of(error: BaseException) -> str:
    """The text of a `ToolError`; of another exception its class, too."""
    text = written(str, error)
    return text if isinstance(error, ToolError) else f"{type(error).__name__}: {text}"


def names_a_class(reason: str) -> bool:
    """Return whether a text of `reason_of` begins with an exception's class, so that it was not written for customers."""
    return _CLASS.match(reason) is not None


def written(write: Callable[[Any], str], value: Any) -> str:
    """The value by `write` (`str` or `repr`); the name of its class where that raises."""
    try:
        return write(value)
    except Exception:  # noqa: BLE001 - a class may show itself in any way, and fail in any
        return f"<{type(value).__name__}>"
