"""The pace of naming, shared by all processes through Redis; without Redis each process keeps its own."""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from kern.naming import Pace
from kern.naming.pace import Calls, Turn
from sessions_app.infrastructure.circuit import AWAY, breaker

TIMEOUT = 0.5
#: Tries for one name, where a failure can pass.
TRIES = 5
#: Keys outlive the longest pause that a server may ask for (seconds).
_KEPT = 3_600
#: Reserve a place; returns the milliseconds until it, and until the pause is over. By Redis's clock, which all share.
#: A place that is further away than the caller waits is not taken.
_RESERVE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local begins, after = now, {}
for n = 1, 2 do
  local cost = tonumber(ARGV[n])
  if cost > 0 then
    local next = math.max(tonumber(redis.call('GET', KEYS[n]) or '0'), now - 1000)
    begins = math.max(begins, next)
    after[n] = next + cost
  end
end
local pause = math.max(0, tonumber(redis.call('GET', KEYS[3]) or '0') - now)
local patience = tonumber(ARGV[4])
if patience < 0 or math.max(begins - now, pause) <= patience then
  for n = 1, 2 do
    if after[n] then redis.call('SET', KEYS[n], tostring(after[n]), 'EX', ARGV[3]) end
  end
end
return {math.ceil(begins - now), math.ceil(pause)}
"""
#: Pause everybody for at least so many milliseconds from now on.
_PAUSE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local ends = math.max(now + tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or '0'))
redis.call('SET', KEYS[1], tostring(ends), 'EX', ARGV[2])
return 0
"""


class SharedPace(Pace):
    """A `Pace` whose limits a minute and pauses hold for every process that asks the same model."""

    def __init__(self, key: str, **limits: Any) -> None:
        super().__init__(**limits)
        name = hashlib.sha256(key.encode()).hexdigest()[:24]
        self._keys = [f"kern:pace:{name}:{part}" for part in ("requests", "tokens", "pause")]

    def reserve(self, turn: Turn, patience: float = math.inf) -> float:
        """Reserve the turn's place in the limits of all processes; return the seconds until it may begin."""
        if turn.begins_at is None:
            most = int(patience * 1000) if patience < math.inf else -1
            found = _ask(lambda client: client.eval(_RESERVE, 3, *self._keys, *self._costs(turn.tokens), _KEPT, most))
            if found is not None:
                wait = max(int(number) for number in found) / 1000
                if wait > patience:
                    return wait
                turn.begins_at = self._clock() + wait
        return super().reserve(turn, patience)

    def settle(self, turn: Turn, tokens: int) -> None:
        """Correct the turn's tokens to what it used, for all processes."""
        if self.tokens_per_minute and (change := tokens - turn.tokens):
            cost = change * 60_000 / self.tokens_per_minute
            _ask(lambda client: client.incrbyfloat(self._keys[1], cost))
        super().settle(turn, tokens)

    def refused(self, retry_after: float | None = None) -> float:
        """Pause the callers of all processes; return the pause's length (seconds)."""
        seconds = super().refused(retry_after)
        _ask(lambda client: client.eval(_PAUSE, 1, self._keys[2], int(seconds * 1000), _KEPT))
        return seconds

    def _costs(self, tokens: int) -> tuple[float, float]:
        """Return the milliseconds of the minute's limits that a request takes."""
        requests = 60_000 / self.requests_per_minute if self.requests_per_minute else 0.0
        return requests, tokens * 60_000 / self.tokens_per_minute if self.tokens_per_minute else 0.0


@functools.lru_cache(maxsize=32)
def calls_to(model_id: str) -> Calls:
    """Return the calls to a model that names sessions, one a process: all naming goes at its pace."""
    pace = SharedPace(
        f"{settings.OPENAI_BASE_URL} {model_id}",
        requests_per_minute=settings.KERN_NAMING_REQUESTS_PER_MINUTE or None,
        tokens_per_minute=settings.KERN_NAMING_TOKENS_PER_MINUTE or None,
        at_once=settings.KERN_NAMING_AT_ONCE,
    )
    return Calls(pace, TRIES)


def _ask(act: Callable[[redis.Redis], object]) -> Any:
    """Return what Redis answers; `None` without it."""
    url = settings.REDIS_URL
    if not url:
        return None
    try:
        return breaker(url).call(lambda: act(_client(url)))
    except AWAY:
        return None


@functools.lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT, retry=Retry(NoBackoff(), 1))
