"""Publish changes to open pages through Redis. A hint: subscribers that miss it read the change log instead."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from sessions_app.infrastructure.circuit import AWAY, breaker

CHANNEL = "kern:live"
CONNECT_TIMEOUT = 0.3
#: Of an answer that is still being written, open pages get its last so many characters, four times a second.
LONGEST_PARTIAL = 20_000
TIMEOUT = 0.5


def publish_change(session_pk: int, change_pk: int, kind: str) -> None:
    """Publish a recorded change. Never raises; without Redis nothing is sent."""
    _publish({"t": "change", "s": session_pk, "c": change_pk, "k": kind})


def publish_text(session_pk: int, run_id: str, text: str, done: bool = False) -> None:
    """Publish the answer's text so far, of a very long one its end; it replaces the former text. Never raises.

    `done` (`"d": true` in the payload) says that no more text of this run comes: rows have it now.
    """
    shown = text if len(text) <= LONGEST_PARTIAL else f"…{text[-LONGEST_PARTIAL:]}"
    _publish({"t": "text", "s": session_pk, "r": run_id, "x": shown, **({"d": True} if done else {})})


def look_again(
    *, people: Iterable[int] = (), sign_ins: Iterable[str] = (), sessions: Iterable[int] = (), everybody: bool = False
) -> None:
    """Publish that these people, sign-ins (by key) or these sessions' readers may have lost access. Never raises.

    Open pages of theirs are asked at once whether they may stay; without Redis they are asked every two seconds anyway.
    """
    keys = [digest(key) for key in sign_ins]
    _publish({"t": "look", "p": list(people), "k": keys, "s": list(sessions), "a": everybody})


def digest(key: str) -> str:
    """Return the name of a sign-in's key in messages, where others may read along."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def _publish(payload: dict[str, Any]) -> None:
    url = settings.REDIS_URL
    if not url:
        return
    with suppress(*AWAY):
        breaker(url).call(lambda: _client(url).publish(CHANNEL, json.dumps(payload)))


@functools.lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    # One try more on a fresh connection: those in the pool are dead after Redis was restarted.
    return redis.Redis.from_url(
        url, socket_connect_timeout=CONNECT_TIMEOUT, socket_timeout=TIMEOUT, retry=Retry(NoBackoff(), 1)
    )
