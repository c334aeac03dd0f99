"""Cursors in a list of sessions: the values of `before` and of a page's `next`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from kern.errors import InvalidInputError, WrongTypeError
from kern.session import SessionOrder
from kern.validation.inputs import shown

#: Before every row, and after every moment that a session can have been used at (seconds since 1970).
FIRST = 2**63 - 1
LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
_USED = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)/(\d{1,18})")
_CREATED = re.compile(r"\d{1,18}")
_WHAT = "before is the `next` of a page in the same order"


def place_of(before: object, order: SessionOrder) -> tuple[float, int]:
    """Return the time and the row before which a page begins.

    Raises `WrongTypeError` or `InvalidInputError` for what no page gives as its `next`; where the last used sessions come
    first, an `updated_at` will do, too.
    """
    if order not in ("used", "created"):
        raise InvalidInputError(f"the order of sessions is 'used' or 'created', not {order!r}")
    if before is None or before == "":
        return LATEST, FIRST
    if isinstance(before, str):
        return _read(before, order)
    if isinstance(before, bool) or not isinstance(before, int | float):
        raise WrongTypeError(f"{_WHAT}, or a number of seconds, not {type(before).__name__}")
    if order == "created" or not 0 <= before <= LATEST:
        raise InvalidInputError(f"{_WHAT}, not {shown(before)}")
    # No row has the number 0: rows of just this moment are not before it.
    return float(before), 0


def place(used_at: float, row: int, order: SessionOrder) -> str:
    """Return the `next` of a page that ends with this row."""
    return f"{used_at!r}/{row}" if order == "used" else str(row)


def _read(before: str, order: SessionOrder) -> tuple[float, int]:
    if order == "created" and _CREATED.fullmatch(before):
        return LATEST, int(before)
    found = _USED.fullmatch(before) if order == "used" else None
    if found is None:
        raise InvalidInputError(f"{_WHAT}, not {before[:60]!r}")
    return float(found[1]), int(found[2])
