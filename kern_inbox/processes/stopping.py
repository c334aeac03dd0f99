"""Stop the web server while pages are open.

It lets requests end before it stops, and tells the application only afterwards. Streams never end, so they have to be told when
a signal asks the server to stop.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Awaitable, Callable
from types import FrameType
from typing import Any

from kern_inbox.processes.grace import end_within, grace_seconds
from sessions_app.views.live import hub

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]
Handler = Callable[[int, FrameType | None], Any]


def stops_streams(application: Application) -> Application:
    """Wrap the application so that its streams end when its server is asked to stop."""

    async def answer(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await application(scope, receive, send)

    return answer


async def _live(receive: Receive, send: Send) -> None:
    """Handle the server's lifespan, which Django does not know. When it begins, the server has its signal handlers already."""
    await receive()
    on_stop_signal(_stop)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


def _stop() -> None:
    hub.end_streams()
    # A thread that waits for a database keeps Python from ending.
    end_within(grace_seconds())


def on_stop_signal(act: Callable[[], None]) -> None:
    """Call `act` on SIGINT or SIGTERM, then the previous handler."""
    if threading.current_thread() is not threading.main_thread():
        return  # other threads may not listen
    for number in (signal.SIGINT, signal.SIGTERM):
        heard_by = signal.getsignal(number)
        if callable(heard_by):
            signal.signal(number, _both(act, heard_by))


def _both(act: Callable[[], None], heard_by: Handler) -> Handler:
    def hear(number: int, frame: FrameType | None) -> None:
        act()
        heard_by(number, frame)

    return hear
