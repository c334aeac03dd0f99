"""The current request, so that an entry knows its actor and address."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware

_current: ContextVar[HttpRequest | None] = ContextVar("audited_request", default=None)

LONGEST_BROWSER = 300


@sync_and_async_middleware
def remember_request(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Let `audit.record` find the request while it is answered."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> Any:
            token = _current.set(request)
            try:
                return await get_response(request)
            finally:
                _current.reset(token)

        return answer_later

    def answer(request: HttpRequest) -> Any:
        token = _current.set(request)
        try:
            return get_response(request)
        finally:
            _current.reset(token)

    return answer


def current_request() -> HttpRequest | None:
    """Return the request that this thread or task answers; `None` in workers and commands."""
    return _current.get()


def person_of(request: HttpRequest | None) -> Any:
    """Return the actor: the signed-in person, or the one whose API token it is; `None` for all others."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return user
    return getattr(getattr(request, "auth", None), "acts_for", None)


def door_of(request: HttpRequest | None) -> str:
    """Return the interface that the request came by, in words; a token is named by its id and name."""
    if request is None:
        return "program"
    token = getattr(request, "auth", None)
    if token is not None and hasattr(token, "acts_for"):
        return f"API token {token.pk}: {token.name}"
    return "administration" if request.path_info.startswith("/admin/") else "page"


def browser_of(request: HttpRequest | None) -> str:
    """Return the request's User-Agent."""
    return request.headers.get("User-Agent", "")[:LONGEST_BROWSER] if request else ""
