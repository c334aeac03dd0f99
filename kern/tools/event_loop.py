"""One event loop for all asynchronous tools, as long as the process lives: a client that is made once works at every call."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable
from typing import Any

from kern.threads.cancellation import current

#: A loop that does not begin a task within so many seconds is blocked by another one.
PATIENCE = 1.0

_starting = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def await_in_loop(awaitable: Awaitable[Any]) -> Any:
    """Return the awaitable's result; the caller's thread waits. Raises its exception.

    The task is cancelled when the work that it is part of is cancelled. It gets a loop of its own where the common one is
    blocked: by a tool that sleeps without `await`, or one that runs an agent without `await` and waits for it.
    """
    mine, begun = threading.Lock(), threading.Event()

    async def resolve() -> tuple[Any, BaseException | None]:
        begun.set()
        try:
            return await awaitable, None
        except (SystemExit, KeyboardInterrupt) as error:
            # They would end the loop, for everybody.
            return None, error

    async def resolve_once() -> tuple[Any, BaseException | None]:
        return await resolve() if mine.acquire(blocking=False) else (None, None)

    task = asyncio.run_coroutine_threadsafe(resolve_once(), _running_loop())
    with current().on_cancel(task.cancel):
        if not begun.wait(PATIENCE) and mine.acquire(blocking=False):
            value, error = asyncio.run(resolve())
        else:
            value, error = task.result()
    if error is not None:
        raise error
    return value


def _running_loop() -> asyncio.AbstractEventLoop:
    global _loop
    with _starting:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="kern-async-tools", daemon=True).start()
        return _loop


def _start_afresh() -> None:
    """Reset the state in a forked process: the thread is not there, and another thread may have held the lock."""
    global _loop, _starting
    _loop, _starting = None, threading.Lock()


os.register_at_fork(after_in_child=_start_afresh)
