"""The same work with many items, several at a time, on threads that may be left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from kern.threads.cancellation import current
from kern.threads.side_by_side import each_aside


def test_each_item_has_its_result_and_no_more_are_read_than_there_is_room_for() -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for number in range(5):
            read.append(number)
            yield number

    results = each_aside(items(), lambda number: number * 10, at_once=2)
    first = next(results)
    assert len(read) == 2
    assert sorted([first, *results]) == [0, 10, 20, 30, 40]


def test_nothing_to_do_yields_nothing() -> None:
    assert list(each_aside([], str, at_once=3)) == []


def test_what_the_work_raises_reaches_the_caller_and_ends_the_rest() -> None:
    ended = threading.Event()

    def act(number: int) -> int:
        if number == 1:
            raise ValueError("the first one is bad")
        # It works until it is told that it is not wanted any more.
        with current().on_cancel(ended.set):
            assert ended.wait(60)
        return number

    with pytest.raises(ValueError, match="the first one is bad"):
        list(each_aside([1, 2, 3], act, at_once=2))
    assert ended.wait(60)


def test_a_caller_that_leaves_cancels_what_is_under_way() -> None:
    ended = threading.Event()

    def act(number: int) -> int:
        if number:
            with current().on_cancel(ended.set):
                assert ended.wait(60)
        return number

    results = each_aside([0, 1], act, at_once=2)
    assert next(results) == 0
    assert not ended.is_set()
    results.close()
    assert ended.wait(60)
