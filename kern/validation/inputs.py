"""Validate callers' arguments before anything happens: ids, text, numbers of rows (rule L21).

Each error is one line that says what to write; `ValueError` and `TypeError` are among its bases.
"""

from __future__ import annotations

import operator
import uuid
from datetime import timedelta
from numbers import Integral
from typing import Any

from kern.errors import InvalidInputError, WrongTypeError
from kern.validation.text import is_visible

#: An id as callers may give it; it is kept as text.
Id = str | int | uuid.UUID
#: Ids are columns of databases; longer ones would be cut, or refused by one database and taken by another.
LONGEST_ID = 200
#: No whole number with so many bits is an id: it has more digits than that.
MOST_BITS = 1_000
#: Rows, characters and tokens; databases count no further than 2**63 - 1.
MOST = 2**53
#: Eleven days are longer than any turn, and locks of every system count this far.
MOST_SECONDS = 10**6


def checked_id(value: object, name: str) -> str:
    """Return the id as text: whole numbers and UUIDs become their digits. `name` is the argument's name in the error.

    Raises `WrongTypeError` for anything else, `InvalidInputError` for an id that is empty, blank, too long, or has characters
    that databases do not store.
    """
    text = _as_text(value)
    if text is None:
        raise WrongTypeError(f"{name} is text, a whole number or a UUID, not {shown(value)}")
    if not is_visible(text):
        raise InvalidInputError(f"{name} is empty: give an id, or leave {name} out")
    if len(text) > LONGEST_ID:
        raise InvalidInputError(f"{name} has {len(text)} characters; an id has at most {LONGEST_ID}")
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise InvalidInputError(f"{name} has a NUL or half a character in it: {text[:40]!r}")
    return text


def optional_id(value: object, name: str) -> str | None:
    """Return the id as `checked_id` does; `None` stays `None`."""
    return None if value is None else checked_id(value, name)


def checked_words(value: object) -> str:
    """Return a message for an agent. Raises `WrongTypeError` for other types, `InvalidInputError` for text without words."""
    if not isinstance(value, str):
        raise WrongTypeError(f"a message is text, not {shown(value)}; write run('Hello')")
    if not is_visible(value):
        raise InvalidInputError("an empty message cannot be answered; write something")
    return str.__str__(value)


def must_be_count(name: str, value: object, least: int = 0) -> None:
    """Raise `WrongTypeError` or `InvalidInputError` unless the value is a number of rows, characters or tokens."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise WrongTypeError(f"{name} is a whole number, not {shown(value)}")
    if not least <= operator.index(value) <= MOST:
        raise InvalidInputError(
            f"{name} is {least} or more" + (f", not {shown(value)}" if value < least else f" and at most {MOST}")
        )


def must_be_counts(**counts: int | None) -> None:
    """Apply `must_be_count` to each value; `None` means no limit."""
    for name, value in counts.items():
        if value is not None:
            must_be_count(name, value)


def checked_seconds(name: str, value: object) -> float | None:
    """Return the time in seconds; `None` stays `None`. Raises `WrongTypeError` or `InvalidInputError` for invalid times."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if seconds is None:
        return None
    what = f"{name} is a number of seconds (or a timedelta) more than 0, or None for no limit, not {shown(value)}"
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise WrongTypeError(what)
    if not 0 < seconds <= MOST_SECONDS:
        raise InvalidInputError(f"{what}; at most {MOST_SECONDS}")
    return float(seconds)


def must_be_texts(**texts: object) -> None:
    """Raise `WrongTypeError` unless each value is text."""
    for name, value in texts.items():
        if not isinstance(value, str):
            raise WrongTypeError(f"{name} is text, not {shown(value)}; leave it out where there is none")


def _as_text(value: Any) -> str | None:
    if isinstance(value, str):
        # Of a subclass, such as a member of an enumeration, its own text.
        return str.__str__(value)
    if isinstance(value, bool):
        return None
    if isinstance(value, Integral):
        # Python writes no number of more than 4,300 digits; its placeholder is too long as well.
        number = operator.index(value)
        return str(number) if number.bit_length() < MOST_BITS else "9" * MOST_BITS
    return str(value) if isinstance(value, uuid.UUID) else None


def shown(value: object) -> str:
    """Return a short description of any object for an error: its value and, unless obvious, its type, in one line."""
    if value is None or (type(value) is int and abs(value) < MOST):
        return str(value)
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001 - a caller's object, or a number of too many digits
        return f"that {type(value).__name__}"
    short = text if len(text) <= 60 else f"{text[:60]}…"
    return f"{short} ({type(value).__name__})"
