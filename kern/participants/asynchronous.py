"""`arun` and `acontinue_run`: the same turns for programs with an event loop. Each is worked on a thread of its own (rule L21).

There is no second way to work a turn: the thread makes the steps that `run` and `continue_run` would make.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator
from functools import partial
from queue import SimpleQueue
from typing import Any, Final, Literal, TypeVar, cast, overload

from kern.events import RunEvent
from kern.participants.answers import Answers
from kern.records.run import RunOutput
from kern.threads.cancellation import Cancellation
from kern.threads.detached import start_aside
from kern.validation.inputs import Id

T = TypeVar("T")
_END: Final = object()


class AsyncTurns:
    """The half of `Agent` and `Team` for programs with an event loop."""

    run: Callable[..., Any]
    continue_run: Callable[..., Any]

    @overload
    def arun(
        self, message: str, *, session_id: Id | None = None, user_id: Id | None = None, stream: Literal[False] = False
    ) -> Coroutine[Any, Any, RunOutput]: ...
    @overload
    def arun(
        self, message: str, *, session_id: Id | None = None, user_id: Id | None = None, stream: Literal[True]
    ) -> AsyncGenerator[RunEvent, None]: ...
    def arun(
        self, message: str, *, session_id: Id | None = None, user_id: Id | None = None, stream: bool = False
    ) -> Coroutine[Any, Any, RunOutput] | AsyncGenerator[RunEvent, None]:
        """Run as `run` does: `await agent.arun(…)`, or `async for event in agent.arun(…, stream=True)`.

        Cancelling the task, and closing the stream, stop the run: it is stored as cancelled before that returns.
        """
        options = {"session_id": session_id, "user_id": user_id}
        return _turn(partial(self.run, message, **options), stream)

    @overload
    def acontinue_run(
        self,
        run_id: Id,
        requirements: Answers | None = None,
        *,
        session_id: Id | None = None,
        user_id: Id | None = None,
        stream: Literal[False] = False,
    ) -> Coroutine[Any, Any, RunOutput]: ...
    @overload
    def acontinue_run(
        self,
        run_id: Id,
        requirements: Answers | None = None,
        *,
        session_id: Id | None = None,
        user_id: Id | None = None,
        stream: Literal[True],
    ) -> AsyncGenerator[RunEvent, None]: ...
    def acontinue_run(
        self,
        run_id: Id,
        requirements: Answers | None = None,
        *,
        session_id: Id | None = None,
        user_id: Id | None = None,
        stream: bool = False,
    ) -> Coroutine[Any, Any, RunOutput] | AsyncGenerator[RunEvent, None]:
        """Continue as `continue_run` does, in the ways of `arun`."""
        options = {"session_id": session_id, "user_id": user_id}
        return _turn(partial(self.continue_run, run_id, requirements, **options), stream)


def _turn(begin: Callable[..., Any], stream: bool) -> Coroutine[Any, Any, RunOutput] | AsyncGenerator[RunEvent, None]:
    return _streamed(partial(begin, stream=True)) if stream else _whole(begin)


async def _whole(begin: Callable[[], RunOutput]) -> RunOutput:
    thread = _Thread()
    try:
        return await thread.do(begin)
    finally:
        thread.end()


async def _streamed(begin: Callable[[], Iterator[RunEvent]]) -> AsyncGenerator[RunEvent, None]:
    thread = _Thread()
    try:
        events = cast("Generator[RunEvent, None, None]", await thread.do(begin))
        try:
            while (event := await thread.do(partial(next, events, _END))) is not _END:
                yield cast("RunEvent", event)
        finally:
            await thread.do(events.close)
    finally:
        thread.end()


class _Thread:
    """Executes the steps of one turn, one after the other, while the event loop goes on."""

    def __init__(self) -> None:
        self._steps: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._cancellation = Cancellation()
        start_aside(self._work, self._cancellation)

    async def do(self, step: Callable[[], T]) -> T:
        """Return the step's result. When the task is cancelled, the turn is stopped, and this waits until it has."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._steps.put(partial(_make, step, done, loop))
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            self._cancellation.cancel()
            while not done.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait([done])
            # Read, so that asyncio does not warn of an exception that was never retrieved.
            done.exception()
            raise

    def end(self) -> None:
        self._steps.put(None)

    def _work(self) -> None:
        while (step := self._steps.get()) is not None:
            step()


def _make(step: Callable[[], T], done: asyncio.Future[T], loop: asyncio.AbstractEventLoop) -> None:
    try:
        tell = partial(done.set_result, step())
    except BaseException as error:  # noqa: BLE001 - it is raised where the step is awaited
        tell = partial(done.set_exception, error)
    # A loop that was closed meanwhile waits for nothing.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(tell)
