"""Tells open pages what happened, through Redis. A hint: whoever misses it reads the change log instead."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import time
from collections.abc import Iterable
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

CHANNEL = "kern:live"
#: After a failure, words of answers are dropped for so long (seconds): a slow Redis must not slow the turn.
REST = 1.0
CONNECT_TIMEOUT = 0.3
#: Of an answer that is still being written, open pages get its last so many characters, four times a second.
LONGEST_PARTIAL = 20_000
TIMEOUT = 0.5


class _Health:
    """Whether Redis worked when it was last asked, so that an outage is one line in the log and not thousands."""

    def __init__(self) -> None:
        self.broken_at: float | None = None

    def worked(self) -> None:
        if self.broken_at is not None:
            log.warning("live updates work again")
        self.broken_at = None

    def failed(self, error: Exception) -> None:
        if self.broken_at is None:
            log.warning("live updates are off, pages fall back to the change log: %s", error)
        self.broken_at = time.monotonic()

    @property
    def resting(self) -> bool:
        return self.broken_at is not None and time.monotonic() - self.broken_at < REST


_health = _Health()


def publish_change(session_pk: int, change_pk: int, kind: str) -> None:
    """Say that a change was recorded. Never raises; without Redis nothing is sent."""
    _publish({"t": "change", "s": session_pk, "c": change_pk, "k": kind})


def publish_text(session_pk: int, run_id: str, text: str, done: bool = False) -> None:
    """Send the answer's text so far, of a very long one its end; it replaces what was sent before. Never raises.

    `done` (`"d": true` in the payload) says that no more text of this run comes: rows have it now.
    """
    if not _health.resting:
        shown = text if len(text) <= LONGEST_PARTIAL else f"…{text[-LONGEST_PARTIAL:]}"
        _publish({"t": "text", "s": session_pk, "r": run_id, "x": shown, **({"d": True} if done else {})})


def look_again(
    *, people: Iterable[int] = (), sign_ins: Iterable[str] = (), sessions: Iterable[int] = (), everybody: bool = False
) -> None:
    """Say that these people, sign-ins (by their key) or these sessions' readers may see less now. Never raises.

    Open pages of theirs are asked at once whether they may stay; without Redis they are asked every two seconds anyway.
    """
    keys = [digest(key) for key in sign_ins]
    _publish({"t": "look", "p": list(people), "k": keys, "s": list(sessions), "a": everybody})


def digest(key: str) -> str:
    """What a sign-in's key is called where others may read along."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def _publish(payload: dict[str, Any]) -> None:
    if not settings.REDIS_URL:
        return
    try:
        _client(settings.REDIS_URL).publish(CHANNEL, json.dumps(payload))
    except (redis.RedisError, OSError) as error:
        _health.failed(error)
    else:
        _health.worked()


@functools.lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    # One try more on a fresh connection: those in the pool are dead after Redis was restarted.
    return redis.Redis.from_url(
        url, socket_connect_timeout=CONNECT_TIMEOUT, socket_timeout=TIMEOUT, retry=Retry(NoBackoff(), 1)
    )
