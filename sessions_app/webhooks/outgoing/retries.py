"""Pauses before a failed delivery is tried again, and the time after which an endpoint is given up."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

#: The pauses after the first failure, the second, … (seconds). After the last one the delivery is given up: 9½ hours.
PAUSES = (30, 60, 120, 900, 3_600, 10_800, 18_000)
TRIES = len(PAUSES) + 1
#: Added to a pause at random, at most so much of it: what failed together is not tried together again.
JITTER = 0.2
#: A server cannot ask for more patience than this.
LONGEST_WISH = timedelta(hours=24)
#: An endpoint all of whose deliveries failed for so long is switched off.
GIVEN_UP_AFTER = timedelta(days=3)
#: After so many failures in a row the endpoint rests, so that a dead server is not asked for each delivery.
RESTS_FROM = 5
LONGEST_REST = timedelta(minutes=10)


def pause_after(tries: int, wish: timedelta | None) -> timedelta | None:
    """Return the pause after so many failed attempts, `None` when there is no further one.

    A server's `Retry-After` is the least: jitter is only added.
    """
    if tries >= TRIES:
        return None
    pause = timedelta(seconds=PAUSES[tries - 1])
    return max(pause, wish or timedelta()) * (1 + random.random() * JITTER)  # noqa: S311 - no secret


def rest_after(failures: int, wish: timedelta | None) -> timedelta:
    """Return how long an endpoint rests after so many failures in a row; nothing for the first few."""
    own = timedelta(seconds=5 * 2 ** min(failures - RESTS_FROM, 7)) if failures >= RESTS_FROM else timedelta()
    return max(min(own, LONGEST_REST), wish or timedelta())


def wish_in(header: str, now: datetime) -> timedelta | None:
    """Return the time of a `Retry-After` header, in seconds or as a date; `None` where it says nothing usable."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_WISH)
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    wish = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return min(wish, LONGEST_WISH) if wish > timedelta() else None
