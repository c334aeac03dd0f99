"""One pace for all processes: through Redis, and each its own without it."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from kern.naming.pace import Turn
from sessions_app.infrastructure.ids import new_id
from sessions_app.infrastructure.shared_pace import SharedPace


@pytest.fixture
def two(redis_url: str, settings: Settings) -> tuple[SharedPace, SharedPace]:
    """The paces of two processes that ask the same model, a request a second and a token a millisecond."""
    settings.REDIS_URL = redis_url
    key = new_id()
    first, second = (SharedPace(key, requests_per_minute=60, tokens_per_minute=60_000) for _ in range(2))
    return first, second


def test_the_limits_hold_for_all_processes_together(two: tuple[SharedPace, SharedPace]) -> None:
    first, second = two
    waits = [pace.reserve(Turn(pace, 10)) for pace in (first, second, first, second, first, second)]
    assert waits == sorted(waits)
    assert 2.5 < waits[-1] < 4.5


def test_tokens_are_settled_for_all(two: tuple[SharedPace, SharedPace]) -> None:
    first, second = two
    turn = Turn(first, 100_000)
    first.reserve(turn)
    assert second.reserve(Turn(second, 1)) > 60
    first.settle(turn, 0)
    assert second.reserve(Turn(second, 1)) < 10


def test_a_refusal_that_one_process_hears_pauses_all(two: tuple[SharedPace, SharedPace]) -> None:
    first, second = two
    first.refused(retry_after=600)
    assert 590 < second.reserve(Turn(second, 1)) < 602


def test_who_does_not_wait_so_long_takes_no_place_of_others(two: tuple[SharedPace, SharedPace]) -> None:
    first, second = two
    waits = [first.reserve(Turn(first, 1), patience=0.2) for _ in range(20)]
    assert waits[-1] > 0.2
    assert second.reserve(Turn(second, 1)) < 1.5
    first.refused(retry_after=600)
    assert second.reserve(Turn(second, 1), patience=20) > 590


@pytest.mark.parametrize("url", ["", "redis://127.0.0.1:1/0"])
def test_without_redis_a_process_keeps_its_own_pace(settings: Settings, url: str) -> None:
    settings.REDIS_URL = url
    pace, other = SharedPace("one", requests_per_minute=60), SharedPace("one", requests_per_minute=60)
    waits = [pace.reserve(Turn(pace, 1)) for _ in range(5)]
    assert 2.5 < waits[-1] < 4.5
    assert other.reserve(Turn(other, 1)) == 0
