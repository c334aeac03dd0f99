"""A circuit breaker for Redis: a server that hangs delays one call, and then none for a while.

A timeout of a socket is not enough. A server that sends a byte now and then, a name that no DNS server answers for, a pool that
is empty: each waits beyond it. So a call is made on another thread, and abandoned when its time is up.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

import redis
from kombu.exceptions import OperationalError

from kern.threads.cancellation import Cancellation
from kern.threads.detached import start_aside
from kern.threads.waiting import Box, TookTooLongError, Waiting

log = logging.getLogger(__name__)
T = TypeVar("T")

#: Longest (seconds) that one call may take.
PATIENCE = 1.0
#: The breaker stays open for so long (seconds) after a failure.
REST = 3.0
#: Exceptions of an unreachable Redis.
AWAY: Final = (redis.RedisError, OperationalError, OSError)


class RedisAwayError(redis.ConnectionError):
    """Redis did not answer, now or a moment ago."""


class CircuitBreaker:
    """The state of one Redis, shared by all callers. Any number of threads may use it."""

    def __init__(self, rest: float = REST) -> None:
        self._rest = rest
        self._lock = threading.Lock()
        self._open_until: float | None = None

    @property
    def is_open(self) -> bool:
        """True if Redis failed a moment ago, so that calls are refused."""
        return self._open_until is not None and time.monotonic() < self._open_until

    def call(self, act: Callable[[], T]) -> T:
        """Return the result of `act`. Raises `RedisAwayError` for a failure or while the breaker is open.

        Other exceptions pass.
        """
        self._enter()
        try:
            value = within(PATIENCE, act)
        except AWAY as error:
            self._failed(error)
            raise RedisAwayError(str(error)) from error
        self._worked()
        return value

    def _enter(self) -> None:
        with self._lock:
            if self.is_open:
                raise RedisAwayError("it did not answer a moment ago")
            if self._open_until is not None:
                # This caller tries; meanwhile the others go on as before.
                self._open_until = time.monotonic() + PATIENCE + self._rest

    def _failed(self, error: Exception) -> None:
        with self._lock:
            if self._open_until is None:
                log.warning("Redis does not answer, pages and hints do without it: %s", error)
            self._open_until = time.monotonic() + self._rest

    def _worked(self) -> None:
        with self._lock:
            if self._open_until is not None:
                log.warning("Redis answers again")
            self._open_until = None


def breaker(url: str) -> CircuitBreaker:
    """Return the breaker of the Redis at that address: broker, cache and live pages share it where they share the server."""
    parts = urlsplit(url)
    return _before(parts.netloc.rpartition("@")[2] or parts.path)


@functools.lru_cache(maxsize=64)
def _before(server: str) -> CircuitBreaker:
    return CircuitBreaker()


def within(seconds: float, act: Callable[[], T]) -> T:
    """Run `act` on another thread. Raises its exception, and `TimeoutError` after so many seconds."""
    box = Box()

    def work() -> None:
        try:
            box.put((act(), None))
        except BaseException as error:  # noqa: BLE001 - it is raised again in the waiting thread
            box.put((None, error))

    start_aside(work, Cancellation())
    try:
        value, error = cast("tuple[Any, BaseException | None]", Waiting(None, "").receive(box, seconds))
    except TookTooLongError:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
    if error is not None:
        raise error
    return cast("T", value)
