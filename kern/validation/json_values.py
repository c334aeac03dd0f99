"""Values of JSON from models, tools and people, as every database stores them."""

from __future__ import annotations

import math
from typing import Any

from kern.validation.text import storable


def storable_json(value: Any) -> Any:
    """The value as JSON that every database stores, its texts as `storable` makes them.

    What JSON does not know (dates, endless numbers) becomes its text.
    """
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(item) for item in value]
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return storable(str(value))
