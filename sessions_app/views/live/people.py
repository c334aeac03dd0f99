"""The stream that keeps an open page up to date."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from weakref import WeakKeyDictionary

from asgiref.sync import SyncToAsync, sync_to_async
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from sessions_app.models import Person, Session
from sessions_app.queries import access
from sessions_app.validation.text import clean
from sessions_app.views.live.hub import Hub, Page

_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


@require_GET
async def live(request: HttpRequest) -> HttpResponseBase:
    """Events of one page: `session` is the open one's id, `after` the newest change the page was made with."""
    try:
        person, session = await sync_to_async(_admitted)(request)
    except Http404:
        return HttpResponse(status=404)
    if person is None:
        return HttpResponse(status=401)
    hub = _hub()
    page = await hub.open(person, session, _after(request), request.session.session_key or "")
    response = StreamingHttpResponse(_stream(hub, page), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


async def _stream(hub: Hub, page: Page) -> AsyncIterator[bytes]:
    let_thread_go()
    async for frame in hub.frames(page):
        yield frame


def _admitted(request: HttpRequest) -> tuple[Person | None, Session | None]:
    """Who asks, and the session they may see. Raises `Http404` where they may not."""
    try:
        if not request.user.is_authenticated:
            return None, None
        session_id = clean(request.GET.get("session", ""))
        return request.user, access.session_or_404(request.user, session_id) if session_id else None
    finally:
        # This thread lives as long as the stream; its connection must not.
        connections.close_all()


def _after(request: HttpRequest) -> int:
    """A browser that comes back says what it saw last; else the page says what it was made with."""
    text = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return int(text) if re.fullmatch(r"\d{1,18}", text) else 2**62


def _hub() -> Hub:
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(_words)
    return _hubs[loop]


def _words(run_id: str, text: str) -> str:
    return render_to_string("runs/_words.html", {"run_id": run_id, "text": text})


def let_thread_go() -> None:
    """Give back the thread that Django keeps for the synchronous half of a request until it ends.

    A stream ends when somebody closes the page; to be called when it begins, after the last synchronous middleware: so that a
    thousand pages are no thousand threads.
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor: Executor | None = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if executor is not None:
        executor.shutdown(wait=False)
