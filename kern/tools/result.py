"""Convert a tool's return value to text for the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kern.validation.reasons import written
from kern.validation.sizes import bounded


def to_text(value: Any) -> str:
    """Return text as it is, `None` as "done", anything else as compact JSON (dates, decimals, dataclasses and models included).

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
        return written(repr, whole)
