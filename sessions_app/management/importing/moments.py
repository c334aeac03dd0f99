"""Moments as other systems write them: numbers since 1970 in several units, ISO 8601, the dates of mails."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any

#: From here on a number counts milliseconds, microseconds, nanoseconds: as seconds it would be thousands of years away.
UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
#: Clocks differ by a little; more than a day ahead is a mistake.
AHEAD = timedelta(days=1)

_NUMBER = re.compile(r"[+-]?\d{9,}(\.\d*)?")
_ZONE_APART = re.compile(r"\s+(?:UTC|GMT|Z|([+-]\d\d:?\d\d))$", re.IGNORECASE)


def read_moment(value: Any, zone: tzinfo = UTC, *, ahead: bool = False) -> datetime:
    """The moment, which may lie `ahead` or not; one without a time zone is in `zone`.

    Raises `ValueError` with the reason where it can be none.
    """
    moment = _read(value, zone)
    if moment < EARLIEST:
        raise ValueError("it is before 1990")
    if not ahead and moment > datetime.now(UTC) + AHEAD:
        raise ValueError("it lies ahead")
    return moment


def _read(value: Any, zone: tzinfo) -> datetime:
    if isinstance(value, dict) and len(value) == 1:
        # MongoDB's exports wrap dates and long numbers.
        [(key, inner)] = value.items()
        if key in ("$date", "$numberLong"):
            return _read(inner, zone)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _of_number(value)
    if not isinstance(value, str):
        raise ValueError("it is neither a number nor text")
    text = value.strip()
    return _of_number(float(text)) if _NUMBER.fullmatch(text) else _of_text(text, zone)


def _of_number(number: float) -> datetime:
    per_second = next((unit for least, unit in UNITS if abs(number) >= least), 1)
    try:
        # Whole seconds first: a float has no room for the microseconds of a number in nanoseconds.
        seconds, rest = divmod(number, per_second)
        return datetime.fromtimestamp(int(seconds), UTC) + timedelta(seconds=float(rest) / per_second)
    except (OverflowError, OSError, ValueError) as error:
        raise ValueError("it is no number of seconds, milliseconds, microseconds or nanoseconds since 1970") from error


def _of_text(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(_ZONE_APART.sub(lambda found: found[1] or "+00:00", text))
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError) as error:
            raise ValueError("it is no date and time like 2024-05-31T09:30:00Z") from error
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("it is no moment that can be stored") from error
