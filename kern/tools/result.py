"""From what a tool's function returned to the text that the model reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kern.errors import ToolError
from kern.validation.sizes import bounded


def to_text(value: Any) -> str:
    """Text as it is, `None` as "done", anything else as compact JSON (dates, decimals, dataclasses and models included).

    What has no JSON form is written as Python shows it: the tool has done its work by now, and must not be called again for
    how its result looks. A generator is run to its end here, and may raise what it likes; of endless items the first are kept.
    """
    if value is None:
        return "done"
    if isinstance(value, str):
        return str(value)
    from pydantic_core import PydanticSerializationError, to_json

    whole = list(bounded(value)) if isinstance(value, Iterator) else value
    try:
        return to_json(whole, fallback=str, inf_nan_mode="null").decode()
    except PydanticSerializationError:
        return _written(repr, whole)


def reason_of(error: BaseException) -> str:
    """Why a tool failed, for the model: the text of a `ToolError`, of another exception its class, too."""
    text = _written(str, error)
    return text if isinstance(error, ToolError) else f"{type(error).__name__}: {text}"


def _written(write: Callable[[Any], str], value: Any) -> str:
    """The value by `write`; the name of its class where that raises."""
    try:
        return write(value)
    except Exception:  # noqa: BLE001 - a class may show itself in any way, and fail in any
        return f"<{type(value).__name__}>"
