"""One log line and one measurement for each request, and the check of its host name."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware
from django.utils.decorators import sync_and_async_middleware
from prometheus_client import Histogram

from kern_inbox.observability.logs import current_id

log = logging.getLogger("kern_inbox.web.requests")
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{6,64}")
#: Prefixes of addresses whose last part is a secret.
SECRET_ADDRESSES = re.compile(r"/+(c|accounts)/", re.IGNORECASE)
#: Known methods; others are client input and may not become labels.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
UNLOGGED = ("/static/", "/health/", "/metrics")
SECONDS = Histogram(
    "kern_http_request_seconds",
    "Time until a response's headers, by route",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


@sync_and_async_middleware
def request_log(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    """Give each request an id (the caller's X-Request-ID if it is valid), log it and measure it."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            began = _begin(request)
            return _finish(request, await get_response(request), began)

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase:
        began = _begin(request)
        return _finish(request, get_response(request), began)

    return answer


def _begin(request: HttpRequest) -> float:
    given = request.headers.get("X-Request-ID", "")
    current_id.set(given if ACCEPTABLE_ID.fullmatch(given) else uuid4().hex[:12])
    return time.perf_counter()


def _finish(request: HttpRequest, response: HttpResponseBase, began: float) -> HttpResponseBase:
    response.headers["X-Request-ID"] = current_id.get()
    if secret := SECRET_ADDRESSES.match(request.path_info):
        # Forms of accounts need their Origin, which browsers leave out without any referrer.
        _set_privacy_headers(response, "same-origin" if secret[1].lower() == "accounts" else "no-referrer")
    seconds = time.perf_counter() - began
    if not request.path_info.startswith(UNLOGGED):
        route = request.resolver_match.route if request.resolver_match else "none"
        method = request.method if request.method in METHODS else "other"
        SECONDS.labels(method, route, response.status_code).observe(seconds)
        milliseconds, who = seconds * 1000, _actor(request)
        log.info("%s %s %d %.0f ms%s", request.method, request.path_info, response.status_code, milliseconds, who)
    return response


def _actor(request: HttpRequest) -> str:
    """Return the caller's row id for the log; no query is made for it."""
    token = getattr(request, "auth", None)
    if token is not None:
        return f" token {getattr(token, 'pk', '-')}"
    person = getattr(request, "_cached_user", None)
    return f" person {person.pk}" if person is not None and person.pk else ""


def _set_privacy_headers(response: HttpResponseBase, referrers: str) -> None:
    """Set headers that keep the address from other sites, search engines and caches, for every status."""
    response.headers["Referrer-Policy"] = referrers
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers.setdefault("Cache-Control", "no-store")


class HostMiddleware(CommonMiddleware):
    """Refuses requests for a host that is not in ALLOWED_HOSTS, except those of probes, which ask by IP address."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        path = request.path_info.removeprefix("/")
        if any(re.search(pattern, path) for pattern in settings.PROBES):
            return None
        return super().process_request(request)
