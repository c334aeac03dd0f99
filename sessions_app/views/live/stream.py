"""The stream of a page as a response: its start, its frames, its headers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from concurrent.futures import Executor

from asgiref.sync import SyncToAsync
from django.http import HttpRequest, StreamingHttpResponse

from sessions_app.views.live.hub import Hub
from sessions_app.views.live.page import Page


def stream_of(hub: Hub, page: Page) -> StreamingHttpResponse:
    """The page's frames as they come; nothing between us and the browser keeps them back."""
    response = StreamingHttpResponse(_frames(hub, page), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def newest_seen(request: HttpRequest, otherwise: int) -> int:
    """Return the number of the newest change that the page knows.

    A browser that comes back says what it saw last; else the page says what it was made with.
    """
    text = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else otherwise


async def _frames(hub: Hub, page: Page) -> AsyncIterator[bytes]:
    _let_thread_go()
    async for frame in hub.frames(page):
        yield frame


def _let_thread_go() -> None:
    """Release the thread that Django keeps for the synchronous part of a request until it ends.

    A stream ends when its page is closed; call this when it begins, after the last synchronous middleware, so that a thousand
    pages are no thousand threads.
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor: Executor | None = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if executor is not None:
        executor.shutdown(wait=False)
