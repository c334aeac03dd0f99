"""The page for exceeded limits: how long to wait."""

from __future__ import annotations

import time
from typing import Any

from allauth.account import app_settings
from allauth.core.internal.ratelimit import Rate, get_cache_key, get_rates
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

APP = "allauth.account"
#: Seconds to wait where the limit that was met is not known any more.
A_WHILE = 60


def too_often(request: HttpRequest, wait: int = 0) -> HttpResponse:
    """Return the page (429), with the seconds in `Retry-After`; allauth calls it as the project's `handler429`."""
    seconds = wait or _longest_wait(request) or A_WHILE
    context = {"minutes": -(-seconds // 60), "seconds": seconds}
    response = render(request, "account/too_often.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response


def seconds_to_wait(request: HttpRequest, action: str, *, key: str | None = None) -> int:
    """Return the seconds until one of allauth's limits allows `action` again, 0 where it does."""
    return max((_wait_of(request, action, rate, key) for rate in get_rates(app=APP, action=action)), default=0)


def _wait_of(request: HttpRequest, action: str, rate: Rate, key: str | None) -> int:
    if (rate.per == "key" and key is None) or (rate.per == "user" and not request.user.is_authenticated):
        return 0
    history: list[float] = cache.get(get_cache_key(request, app=APP, action=action, rate=rate, key=key), [])
    # The newest comes first; one more is allowed when the oldest of the last `amount` is older than the limit's time.
    full = len(history) >= rate.amount
    return max(0, int(history[rate.amount - 1] + rate.duration - time.time()) + 1) if full else 0


def _longest_wait(request: HttpRequest) -> int:
    """Return the longest wait of all limits that this request may have met: allauth does not say which one it was."""
    limits: dict[str, Any] = app_settings.RATE_LIMITS
    address = request.POST.get("email", "").lower() or None
    return max((seconds_to_wait(request, action, key=address) for action in limits), default=0)
