"""The stream that keeps an open page up to date."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from sessions_app.models import Person, Session
from sessions_app.queries import access
from sessions_app.validation.text import searchable
from sessions_app.views.live.hub import Hub
from sessions_app.views.live.stream import newest_seen, stream_of

#: Above every change: a page that says nothing is told only of what comes.
BEYOND = 2**62

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
    hub = hub_of_this_loop()
    after = newest_seen(request, otherwise=BEYOND)
    page = await hub.open(person, session, after, request.session.session_key or "")
    return stream_of(hub, page)


def _admitted(request: HttpRequest) -> tuple[Person | None, Session | None]:
    """Return the person, and the session they may see. Raises `Http404` where they may not."""
    try:
        if not request.user.is_authenticated:
            return None, None
        session_id = searchable(request.GET.get("session", ""))
        return request.user, access.session_or_404(request.user, session_id) if session_id else None
    finally:
        # This thread lives as long as the stream; its connection must not.
        connections.close_all()


def hub_of_this_loop() -> Hub:
    """Return the hub of all people's pages on the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(_words)
    return _hubs[loop]


def _words(run_id: str, text: str) -> str:
    return render_to_string("conversation/_words.html", {"run_id": run_id, "text": text})
