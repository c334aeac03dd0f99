"""Publish changes to open pages through Redis. A hint: subscribers that miss it read the change log instead."""

from __future__ import annotations

import functools
import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, NamedTuple

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
#: Changes of a bulk job are published at most so often (seconds), and so many in one message.
BUNDLE_SECONDS = 0.5
MOST_IN_BUNDLE = 1_000


class Told(NamedTuple):
    """A change as open pages hear of it: its session, its number, its kind, the session's queue.

    `left` is the slug of the queue that the session left by it, empty where it stayed.
    """

    session: int
    change: int
    kind: str
    queue: int | None
    left: str = ""


class _Bundle:
    """Changes of a block that are published together, and the sessions whose readers may have lost access."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.closed: list[int] = []
        self.sent_at = 0.0

    def add(self, told: Told) -> None:
        self.told.append(told)
        if time.monotonic() - self.sent_at >= BUNDLE_SECONDS:
            self.send()

    def send(self) -> None:
        for first in range(0, len(self.told), MOST_IN_BUNDLE):
            _publish({"t": "changes", "x": self.told[first : first + MOST_IN_BUNDLE]})
        for first in range(0, len(self.closed), MOST_IN_BUNDLE):
            _publish(_look(sessions=self.closed[first : first + MOST_IN_BUNDLE]))
        self.told, self.closed, self.sent_at = [], [], time.monotonic()


_bundle: ContextVar[_Bundle | None] = ContextVar("bundle", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Publish the changes of the block in bundles, twice a second at most: for work on very many sessions."""
    bundle = _Bundle()
    token = _bundle.set(bundle)
    try:
        yield
    finally:
        _bundle.reset(token)
        bundle.send()


def publish_change(told: Told) -> None:
    """Publish a recorded change. Never raises; without Redis nothing is sent."""
    bundle = _bundle.get()
    if bundle is not None:
        bundle.add(told)
    else:
        left = {"l": told.left} if told.left else {}
        _publish({"t": "change", "s": told.session, "c": told.change, "k": told.kind, **left})


def publish_text(session_pk: int, run_id: str, text: str, done: bool = False) -> None:
    """Publish the answer's text so far, of a very long one its end; it replaces the former text. Never raises.

    `done` (`"d": true` in the payload) says that no more text of this run comes: rows have it now.
    """
    shown = text if len(text) <= LONGEST_PARTIAL else f"…{text[-LONGEST_PARTIAL:]}"
    _publish({"t": "text", "s": session_pk, "r": run_id, "x": shown, **({"d": True} if done else {})})


def publish_job(person_pk: int | None) -> None:
    """Publish that a bulk job of this person began or stopped working: open pages count those at work. Never raises."""
    _publish({"t": "job", "p": person_pk})


def look_again(
    *, people: Iterable[int] = (), sign_ins: Iterable[str] = (), sessions: Iterable[int] = (), everybody: bool = False
) -> None:
    """Publish that these people, sign-ins (by key) or these sessions' readers may have lost access. Never raises.

    Open pages of theirs are asked at once whether they may stay; without Redis they are asked every two seconds anyway.
    """
    bundle, payload = _bundle.get(), _look(people, sign_ins, sessions, everybody)
    if bundle is not None and not (payload["p"] or payload["k"] or everybody):
        bundle.closed += payload["s"]
    else:
        _publish(payload)


def _look(
    people: Iterable[int] = (), sign_ins: Iterable[str] = (), sessions: Iterable[int] = (), everybody: bool = False
) -> dict[str, Any]:
    keys = [digest(key) for key in sign_ins]
    return {"t": "look", "p": list(people), "k": keys, "s": list(sessions), "a": everybody}


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
