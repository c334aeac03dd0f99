"""The pace at which a model is asked: by a clock of the test's own, so nothing here waits."""

from __future__ import annotations

import threading
import time

import pytest

from kern.errors import InvalidInputError, ModelBusyError, ModelError
from kern.models.base import Usage
from kern.naming.pace import FIRST_PAUSE, LONGEST_PAUSE, LONGEST_WISH, TYPICAL_TOKENS, CalledOffError, Calls, Pace, Turn


class Clock:
    """Seconds that pass only where something waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_pace(clock: Clock, *, requests: float | None = None, tokens: float | None = None, at_once: int = 16) -> Pace:
    return Pace(requests_per_minute=requests, tokens_per_minute=tokens, at_once=at_once, clock=clock, wait=clock.wait)


def test_requests_are_spread_over_the_minute(clock: Clock) -> None:
    pace = a_pace(clock, requests=60)
    for _ in range(121):
        with pace.turn():
            pass
    assert clock.now == pytest.approx(100 + 119, abs=1.1)


def test_tokens_are_counted_and_settled_by_what_was_used(clock: Clock) -> None:
    pace = a_pace(clock, tokens=6_000)
    with pace.turn(600) as turn:
        pace.settle(turn, 100)
    with pace.turn(100):
        pass
    assert clock.now == pytest.approx(100, abs=1.1)
    with pace.turn(3_000):
        pass
    with pace.turn(1):
        pass
    assert clock.now == pytest.approx(131, abs=2.1)


def test_a_refusal_pauses_everybody_as_long_as_the_server_asks(clock: Clock) -> None:
    pace = a_pace(clock)
    pace.refused(retry_after=30)
    with pace.turn():
        assert clock.now == pytest.approx(130, abs=0.3)


def test_without_a_time_each_refusal_pauses_longer_and_an_answer_begins_afresh(clock: Clock) -> None:
    pace = a_pace(clock)
    pauses = []
    for _ in range(9):
        pauses.append(pace.refused())
        clock.now += pauses[-1]
    assert pauses[:3] == [pytest.approx(FIRST_PAUSE * 2**n, abs=0.3) for n in range(3)]
    assert max(pauses) == pytest.approx(LONGEST_PAUSE, abs=0.3)
    pace.answered()
    assert pace.refused() == pytest.approx(FIRST_PAUSE, abs=0.3)


def test_refusals_of_one_moment_count_once(clock: Clock) -> None:
    pace = a_pace(clock, at_once=16)
    for _ in range(8):
        pace.refused()
    assert pace.room == 8
    clock.now += 5
    pace.refused()
    assert pace.room == 4
    for _ in range(200):
        pace.answered()
    assert pace.room == 16


@pytest.mark.parametrize("limit", [0, -1, float("nan"), float("inf"), "60", True])
def test_a_limit_is_a_number_above_zero(limit: object) -> None:
    with pytest.raises(InvalidInputError, match="requests_per_minute is a number above 0"):
        Pace(requests_per_minute=limit)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="tokens_per_minute"):
        Pace(tokens_per_minute=limit)  # type: ignore[arg-type]


def test_what_can_pass_is_tried_again_and_nothing_else(clock: Clock) -> None:
    pace = a_pace(clock)
    replies: list[ModelError | str] = [ModelError("busy", status=429, retry_after=7), ModelError("broken", status=500), "Name"]

    def ask() -> str:
        reply = replies.pop(0)
        if isinstance(reply, ModelError):
            raise reply
        return reply

    assert Calls(pace, tries=3).call(ask, Usage) == "Name"
    assert clock.waits[0] == pytest.approx(7, abs=0.3)
    replies = [ModelError("no key", permanent=True), "Name"]
    with pytest.raises(ModelError, match="no key"):
        Calls(pace, tries=3).call(ask, Usage)
    replies = [ModelError("broken"), ModelError("broken again"), "Name"]
    with pytest.raises(ModelError, match="broken again"):
        Calls(pace, tries=2).call(ask, Usage)


def test_what_answers_use_is_expected_of_the_next(clock: Clock) -> None:
    calls = Calls(a_pace(clock), tries=1)
    assert calls.expected == TYPICAL_TOKENS
    used = Usage()

    def ask() -> str:
        used.input_tokens += 1_000
        return "Name"

    for _ in range(60):
        calls.call(ask, lambda: used)
    assert calls.expected == pytest.approx(1_000, abs=20)


def test_who_does_not_wait_so_long_takes_no_place(clock: Clock) -> None:
    pace = a_pace(clock, requests=60)
    for _ in range(3):
        pace.reserve(Turn(pace, 0))
    for _ in range(5):
        with pytest.raises(ModelBusyError) as busy, pace.turn(patience=0.5):
            pytest.fail("no place")
        assert busy.value.retry_after == pytest.approx(2)
    with pace.turn(patience=2):
        assert clock.now == 102
    pace.refused(retry_after=600)
    with pytest.raises(ModelBusyError) as busy, pace.turn(patience=20):
        pytest.fail("no place")
    assert busy.value.retry_after == pytest.approx(600, abs=0.3)


def test_a_later_try_that_has_no_place_soon_tells_why_the_first_failed(clock: Clock) -> None:
    calls = Calls(a_pace(clock), tries=3)

    def ask() -> str:
        raise ModelError("busy", status=429, retry_after=600)

    with pytest.raises(ModelError, match="busy") as refused:
        calls.call(ask, Usage, patience=20)
    assert refused.value.retry_after == 600
    with pytest.raises(ModelBusyError):
        calls.call(ask, Usage, patience=20)


def test_the_last_refusal_pauses_the_others_too_but_no_wish_pauses_for_years(clock: Clock) -> None:
    pace = a_pace(clock)

    def ask() -> str:
        raise ModelError("busy", status=429, retry_after=1e9)

    with pytest.raises(ModelError):
        Calls(pace, tries=1).call(ask, Usage)
    assert pace.reserve(Turn(pace, 0)) == pytest.approx(LONGEST_WISH, abs=0.3)


def test_places_are_given_in_the_order_of_coming() -> None:
    pace = Pace(at_once=1)
    order: list[int] = []

    def come(number: int) -> None:
        with pace.turn():
            order.append(number)

    with pace.turn():
        threads = [threading.Thread(target=come, args=(number,)) for number in range(8)]
        for count, thread in enumerate(threads, 1):
            thread.start()
            while pace.waiting < count:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_a_turn_begins_when_it_was_promised(clock: Clock) -> None:
    pace = a_pace(clock, requests=60)
    first, second, third = Turn(pace, 0), Turn(pace, 0), Turn(pace, 0)
    assert [pace.reserve(turn) for turn in (first, second, third)] == [0, 0, 1]
    clock.now += 1
    assert pace.reserve(third) == 0


def test_a_request_that_waits_for_its_place_is_called_off_and_never_sent(clock: Clock) -> None:
    pace = a_pace(clock, at_once=1)
    pace.refused(retry_after=30)
    sent: list[str] = []
    with pytest.raises(CalledOffError):
        Calls(pace, tries=3).call(lambda: sent.append("request"), Usage, lambda: clock.now < 102)
    assert sent == []
    assert clock.now == pytest.approx(102, abs=0.6)
    # Its place is free for the next one.
    with pace.turn():
        assert clock.now == pytest.approx(130, abs=0.3)
