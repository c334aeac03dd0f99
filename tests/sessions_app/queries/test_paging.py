"""One keyset pager: whatever the order, its pages together are the list, each row once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sessions_app.infrastructure import clock
from sessions_app.models import Queue, Session
from sessions_app.queries.paging import Key, Order, grown, taken

ORDERS = {
    "newest first": Order.by("-activity_at", "-pk"),
    "oldest first": Order.by("activity_at", "pk"),
    "empty last": Order((Key("waiting_since", nullable=True), Key("status"), Key("pk"))),
    "empty last, descending": Order((Key("waiting_since", descending=True, nullable=True), Key("status"), Key("pk"))),
}


@pytest.fixture
def many(orders: Queue) -> None:
    """Twelve sessions with equal and with empty values in every column that orders go by."""
    now = clock.now()
    Session.objects.bulk_create(
        Session(
            queue=orders,
            status="closed" if number % 2 else "open",
            activity_at=now - timedelta(minutes=number // 3),
            waiting_for="customer" if number % 4 == 0 else "person",
            waiting_since=None if number % 4 == 0 else now - timedelta(minutes=number % 3),
        )
        for number in range(12)
    )


def pages(order: Order, size: int) -> list[int]:
    """The keys of all pages, each read behind the last row of the one before."""
    keys: list[int] = []
    place: list[Any] | None = None
    while True:
        found, more = taken(order.of(Session.objects.all(), place), size)
        keys += [session.pk for session in found]
        if not more:
            return keys
        place = order.read(Session, order.cursor_of(found[-1]))


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("size", [1, 5])
def test_the_pages_together_are_the_list(name: str, size: int, many: None) -> None:
    order = ORDERS[name]
    whole = list(order.of(Session.objects.all()).values_list("pk", flat=True))
    assert len(whole) == 12
    assert pages(order, size) == whole


@pytest.mark.parametrize("name", ORDERS)
def test_up_to_a_place_is_what_stands_before_it_and_itself(name: str, many: None) -> None:
    order = ORDERS[name]
    whole = list(order.of(Session.objects.all()))
    for number, session in enumerate(whole):
        assert list(order.up_to(Session.objects.all(), order.place_of(session))) == whole[: number + 1]


def test_rows_without_a_value_come_last_in_both_directions(many: None) -> None:
    for name in ("empty last", "empty last, descending"):
        empty = [session.waiting_since is None for session in ORDERS[name].of(Session.objects.all())]
        assert empty == sorted(empty)
        assert any(empty)


@pytest.mark.parametrize("cursor", [None, 7, "x", [], [1], [1, 2, 3], {"pk": 1}])
def test_what_is_no_cursor_of_the_order_is_none(cursor: Any, rows: None) -> None:
    assert ORDERS["newest first"].read(Session, cursor) is None


def test_a_list_that_was_scrolled_grows_and_has_an_end() -> None:
    assert [grown(30, 300, lambda count=count: count) for count in (0, 31, 5_000)] == [30, 31, 300]  # type: ignore[misc]
