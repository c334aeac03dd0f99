"""Validate JSON of programs and forms, so that every database stores it and every page shows it."""

from __future__ import annotations

import math
from typing import Any

from django.utils.translation import gettext as _

#: Maximum nesting depth.
DEEPEST = 40


def check_storable(value: Any, depth: int = 0) -> None:
    """Raise `ValueError` for values that a database would refuse."""
    if depth > DEEPEST:
        raise ValueError(_("objects are nested more than %(most)d deep") % {"most": DEEPEST})
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(_("a number is too large"))
    elif isinstance(value, dict):
        for key, item in value.items():
            check_text(key)
            check_storable(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check_storable(item, depth + 1)


def check_text(text: str) -> str:
    """Return the text, if a database can store it; `ValueError` says why not."""
    if "\x00" in text:
        raise ValueError(_("text must not contain the character NUL"))
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError(_("text must not contain half a surrogate pair"))
    return text
