"""Rate limits: counters that all processes share, in Redis, or in the database while that is away."""

from __future__ import annotations

import hashlib
import time

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import truncate_ip
from django.core.cache import cache
from django.http import HttpRequest


def wait_for(action: str, who: str, *, limit: int, seconds: int) -> int:
    """Count one more `action` of `who`; returns 0 when it is allowed, else the seconds to wait.

    `limit` actions are allowed in each window of `seconds`.
    """
    clock = time.time()
    window = int(clock // seconds)
    digest = hashlib.sha256(who.encode(errors="replace")).hexdigest()[:32]
    key = f"rate:{action}:{digest}:{window}"
    try:
        cache.add(key, 0, timeout=seconds + 1)
        used = cache.incr(key)
    except ValueError:  # the counter ran out between the two lines
        return 0
    return 0 if used <= limit else max(1, int((window + 1) * seconds - clock) + 1)


def address_of(request: HttpRequest) -> str:
    """Return a request's address for limits: as far as the proxies in front are trusted, and IPv6 by network."""
    return str(truncate_ip(get_adapter(request).get_client_ip(request)))
