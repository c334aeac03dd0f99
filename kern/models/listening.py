"""Read a model's stream on a thread of its own, which may be abandoned.

A server's behaviour (silence, keep-alives, reasoning, a connection that does not come about) never blocks the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from kern.models.base import Model, ModelAnswer, ModelRequest, answer_of, events_of
from kern.threads.cancellation import Cancellation
from kern.threads.detached import start_aside
from kern.threads.waiting import Box, Waiting

#: A stream is read at most this many events ahead of its reader.
MOST_AHEAD = 1_000
_BREATH = 0.01
_END: Final = object()


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException


Item = TypeVar("Item")
Stream = Callable[[], Generator[Item, None, None]]


def listen(stream: Stream[Item], waiting: Waiting) -> Generator[Item, None, None]:
    """Yield the items of a stream. Raises the stream's exceptions, and those of `waiting.check`.

    Closing it, or such an end, calls its work off: see `kern.models.base.Model`.
    """
    box, cancellation = Box(), Cancellation()
    start_aside(partial(_read, stream, box, cancellation, waiting), cancellation)
    try:
        while (item := waiting.receive(box)) is not _END:
            if isinstance(item, _Raised):
                raise item.error
            yield item  # type: ignore[misc]  # the reader puts in nothing else
    finally:
        cancellation.cancel()


def ask_within(seconds: float, model: Model, request: ModelRequest) -> ModelAnswer:
    """Return the answer without streaming. Raises `ModelError`, also when there is no answer after so many seconds."""
    with closing(listen(partial(events_of, model, request), Waiting(seconds, "the model"))) as events:
        return answer_of(events)


def _read(stream: Stream[Item], box: Box, cancellation: Cancellation, waiting: Waiting) -> None:
    last: object = _END
    try:
        with closing(stream()) as events:
            for item in events:
                box.put(item)
                while box.qsize() > MOST_AHEAD and not cancellation.is_cancelled:
                    cancellation.wait(_BREATH)
                if cancellation.is_cancelled:
                    return
    except BaseException as error:  # noqa: BLE001 - it is raised again in the reading thread
        last = _Raised(error)
    finally:
        try:
            waiting.let_go()
        finally:
            box.put(last)
