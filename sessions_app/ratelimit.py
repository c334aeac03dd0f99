"""How often somebody may do something: counters in the cache, so that all processes count together."""

from __future__ import annotations

import hashlib
import time

from django.core.cache import cache
from redis.exceptions import RedisError


def wait_for(action: str, who: str, *, limit: int, seconds: int) -> int:
    """Count one more `action` of `who`; returns 0 when it is allowed, else how many seconds to wait.

    `limit` actions are allowed in each window of `seconds`. Without a cache everything is allowed: a counter that is down must
    not keep customers out.
    """
    clock = time.time()
    window = int(clock // seconds)
    digest = hashlib.sha256(who.encode(errors="replace")).hexdigest()[:32]
    key = f"rate:{action}:{digest}:{window}"
    try:
        cache.add(key, 0, timeout=seconds + 1)
        used = cache.incr(key)
    except (RedisError, OSError, ValueError):  # ValueError: the counter ran out between the two lines
        return 0
    return 0 if used <= limit else max(1, int((window + 1) * seconds - clock) + 1)
