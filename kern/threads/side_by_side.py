"""Do the same with many items, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from kern.threads.cancellation import Cancellation
from kern.threads.detached import start_aside

Item = TypeVar("Item")
Result = TypeVar("Result")


def each_aside(items: Iterable[Item], act: Callable[[Item], Result], at_once: int) -> Generator[Result, None, None]:
    """Yield `act(item)` of each item as it comes, in any order; raise what `act` raises.

    `items` is read on the caller's thread, only as far as there is room; `act` runs on threads that may be left behind. Closing
    the generator cancels what is under way.
    """
    came: SimpleQueue[tuple[Result, None] | tuple[None, BaseException]] = SimpleQueue()
    cancellation = Cancellation()
    left = iter(items)
    under_way, has_more = 0, True
    try:
        while has_more or under_way:
            while has_more and under_way < at_once:
                try:
                    item = next(left)
                except StopIteration:
                    has_more = False
                else:
                    start_aside(partial(_put, act, item, came), cancellation)
                    under_way += 1
            if under_way:
                result, error = came.get()
                under_way -= 1
                if error is not None:
                    raise error
                yield result  # type: ignore[misc]  # an outcome without an error has a result
    finally:
        cancellation.cancel()


def _put(
    act: Callable[[Item], Result], item: Item, came: SimpleQueue[tuple[Result, None] | tuple[None, BaseException]]
) -> None:
    try:
        came.put((act(item), None))
    except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that reads
        came.put((None, error))
