"""JSON from programs and from forms, checked before it is used: its depth, its numbers, and its texts.

What a program sends is refused by name, and never changed: the program can be mended. What people type is made storable, as
their texts are: they do not see what is wrong with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from kern.validation.json_values import storable_json
from kern.validation.sizes import DEEPEST, is_too_deep


def check_storable(value: Any) -> None:
    """Raise `ValueError` for a value that a database would refuse."""
    check_shape(value)
    for part in _parts(value):
        if isinstance(part, str):
            check_text(part)


def as_storable(value: Any) -> Any:
    """The value with its texts as every database stores them. Raises `ValueError` as `check_shape` does."""
    check_shape(value)
    return storable_json(value)


def check_shape(value: Any) -> None:
    """Raise `ValueError` for a value that is nested too deep or has a number without end."""
    if is_too_deep(value):
        raise ValueError(_("objects are nested more than %(most)d deep") % {"most": DEEPEST})
    if any(isinstance(part, float) and not math.isfinite(part) for part in _parts(value)):
        raise ValueError(_("a number is too large"))


def check_text(text: str) -> str:
    """Return the text, if a database can store it; `ValueError` says why not."""
    if "\x00" in text:
        raise ValueError(_("text must not contain the character NUL"))
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError(_("text must not contain half a surrogate pair"))
    return text


def _parts(value: Any) -> Iterator[Any]:
    """Every text and number in the value, keys too."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _parts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _parts(item)
    else:
        yield value
