"""The pace at which a model is asked for names: limits a minute, and back-off that is learned from refusals.

Many threads ask one model side by side. Each takes its place here first, so that a refusal (429) that one of them hears slows
all of them down, and none of them has to be refused to learn it.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from kern.errors import InvalidInputError, ModelBusyError, ModelError
from kern.models.base import Usage
from kern.threads.cancellation import current, pause
from kern.validation.inputs import must_be_count, shown

#: Requests that come late may catch up for so many seconds, so that a limit is used in full.
_SLACK = 1.0
#: Pauses (seconds) after refusals in a row that do not say when to come again: the first, and the longest.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
#: No server's wish pauses longer (seconds): one that is asked again too early says so again.
LONGEST_WISH = 3_600.0
#: Refusals within so many seconds of a pause's beginning are of the same moment, and count once.
_SAME_MOMENT = 0.5
#: A request for a name uses about so many tokens, until the first answers tell better.
TYPICAL_TOKENS = 400
#: Statuses of a server that asks for fewer requests.
_SLOW_DOWN = (429, 503, 529)
#: A caller that may call its request off is asked so often while it waits for its place (seconds).
_LOOK_EVERY = 0.5
T = TypeVar("T")


class CalledOffError(Exception):
    """A request was called off before it was sent."""


def always() -> bool:
    """Return true: the request is wanted, come what may."""
    return True


class Pace:
    """The pace of one model. Any number of threads may share it.

    `requests_per_minute` and `tokens_per_minute` are the account's limits, where they are known. `at_once` is the most requests
    at the same time; a refusal halves it, and answers let it grow again. `clock` and `wait` are for tests: seconds that pass,
    and a pause.
    """

    def __init__(
        self,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        at_once: int = 16,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = pause,
    ) -> None:
        must_be_count("at_once", at_once, least=1)
        self.requests_per_minute = _checked("requests_per_minute", requests_per_minute)
        self.tokens_per_minute = _checked("tokens_per_minute", tokens_per_minute)
        self.at_once = at_once
        self._clock, self._wait = clock, wait
        self._changed = threading.Condition()
        self._line: deque[Turn] = deque()
        self._asking = 0
        self._room = float(at_once)
        self._refusals = 0
        self._next_request = self._next_token = self._paused_until = self._paused_at = float("-inf")

    @property
    def room(self) -> int:
        """The number of requests that may be under way now."""
        return max(1, int(self._room))

    @property
    def waiting(self) -> int:
        """The number of threads that wait for one more request to be allowed at once."""
        return len(self._line)

    @contextmanager
    def turn(self, tokens: int = 0, is_wanted: Callable[[], bool] = always, patience: float = math.inf) -> Iterator[Turn]:
        """Wait for a place, and hold it for the block. `tokens` is about what the request will use.

        Raises `CalledOffError` where `is_wanted`, which is asked now and then, says no before the place is there, and
        `ModelBusyError` where the place would come later than in `patience` seconds.
        """
        turn, longest = Turn(self, tokens), math.inf if is_wanted is always else _LOOK_EVERY
        until = self._clock() + patience
        self._enter(turn, is_wanted, until)
        try:
            while (seconds := self.reserve(turn, until - self._clock())) > 0 and not current().is_cancelled and is_wanted():
                if self._clock() + seconds > until:
                    raise _busy(seconds)
                self._wait(min(seconds, longest))
            if not is_wanted():
                raise CalledOffError("the request was called off before it was sent")
            yield turn
        finally:
            with self._changed:
                self._asking -= 1
                self._changed.notify_all()

    def reserve(self, turn: Turn, patience: float = math.inf) -> float:
        """Reserve the turn's place in the limits; return the seconds until it may begin (0: now).

        No place is taken that is more than `patience` seconds away: it would be lost for others.
        """
        with self._changed:
            now = self._clock()
            paused = self._paused_until - now
            if turn.begins_at is None:
                begins = self._free_at(now)
                if max(begins - now, paused) > patience:
                    return max(begins - now, paused)
                self._take(now, turn.tokens)
                turn.begins_at = begins
            return max(0.0, turn.begins_at - now, paused)

    def settle(self, turn: Turn, tokens: int) -> None:
        """Correct the turn's tokens to what it used."""
        if self.tokens_per_minute:
            with self._changed:
                self._next_token += (tokens - turn.tokens) * 60 / self.tokens_per_minute
        turn.tokens = tokens

    def refused(self, retry_after: float | None = None) -> float:
        """Pause everybody, as long as the server asks, else longer each time; return the pause's length (seconds)."""
        with self._changed:
            now = self._clock()
            is_same = now - self._paused_at < _SAME_MOMENT
            if not is_same:
                self._room = max(1.0, self._room / 2)
                self._refusals += 1
                self._paused_at = now
            doubled = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._refusals - 1, 10))
            # The random part keeps processes that were refused together from coming back together.
            wanted = (doubled if retry_after is None else min(retry_after, LONGEST_WISH)) + random.uniform(0, 0.25)  # noqa: S311 - spreads load
            self._paused_until = max(self._paused_until, now + wanted)
            return wanted

    def answered(self) -> None:
        """Let the number of requests at once grow by one for each round of answers."""
        with self._changed:
            self._refusals = 0
            self._room = min(float(self.at_once), self._room + 1 / max(1.0, self._room))
            self._changed.notify_all()

    def _enter(self, turn: Turn, is_wanted: Callable[[], bool], until: float) -> None:
        """Wait until one more request may be under way, first come, first served; raise `ModelBusyError` after `until`."""

        def has_room() -> bool:
            return self._line[0] is turn and self._asking < self.room

        with self._changed:
            self._line.append(turn)
            try:
                # A woken thread looks again; the time-out makes it see that its work was called off.
                while not has_room() and not current().is_cancelled and is_wanted():
                    if self._clock() >= until:
                        raise _busy(FIRST_PAUSE)
                    self._changed.wait(_LOOK_EVERY)
                self._asking += 1
            finally:
                self._line.remove(turn)
                self._changed.notify_all()

    def _free_at(self, now: float) -> float:
        """Return when the limits have their next place."""
        request = self._next_request if self.requests_per_minute else now
        token = self._next_token if self.tokens_per_minute else now
        return max(now, request, token)

    def _take(self, now: float, tokens: int) -> None:
        """Take the next place of the limits."""
        if self.requests_per_minute:
            self._next_request = max(self._next_request, now - _SLACK) + 60 / self.requests_per_minute
        if self.tokens_per_minute:
            self._next_token = max(self._next_token, now - _SLACK) + tokens * 60 / self.tokens_per_minute


class Turn:
    """One request's place: the tokens that it takes, and when it may begin (by the pace's clock)."""

    def __init__(self, pace: Pace, tokens: int) -> None:
        self.pace, self.tokens = pace, tokens
        self.begins_at: float | None = None


class Calls:
    """Requests to one model at its pace; a failure that can pass is tried again, `tries` times in all."""

    def __init__(self, pace: Pace, tries: int) -> None:
        must_be_count("tries", tries, least=1)
        self.pace, self.tries = pace, tries
        self._tokens = float(TYPICAL_TOKENS)

    @property
    def expected(self) -> int:
        """The tokens that the next request will use, about."""
        return int(self._tokens)

    def call(
        self,
        ask: Callable[[], T],
        used: Callable[[], Usage],
        is_wanted: Callable[[], bool] = always,
        *,
        tries: int | None = None,
        patience: float = math.inf,
    ) -> T:
        """Return `ask()`, once it has its place. `used` tells the tokens of all tries so far.

        Raises the last `ModelError`; `CalledOffError` where `is_wanted` said no before a try; `ModelBusyError` where the first
        place would come later than in `patience` seconds.
        """
        failure: ModelError | None = None
        for tries_left in reversed(range(tries or self.tries)):
            try:
                with self.pace.turn(self.expected, is_wanted, patience) as turn:
                    return self._asked(ask, used, turn)
            except ModelError as error:
                if failure is not None and isinstance(error, ModelBusyError):
                    raise failure from None
                failure = error
                if error.permanent or not tries_left or isinstance(error, ModelBusyError) or current().is_cancelled:
                    raise
        raise AssertionError("unreachable")

    def _asked(self, ask: Callable[[], T], used: Callable[[], Usage], turn: Turn) -> T:
        """Return `ask()`, and let the pace learn from how it went."""
        before = _sum(used())
        try:
            answer = ask()
        except ModelError as error:
            self.pace.settle(turn, _sum(used()) - before)
            # An error for good, such as a used-up quota, passes with no pause.
            if not error.permanent and (error.status in _SLOW_DOWN or error.retry_after is not None):
                self.pace.refused(error.retry_after)
            raise
        if tokens := _sum(used()) - before:
            self.pace.settle(turn, tokens)
            self._tokens += (tokens - self._tokens) / 10
        self.pace.answered()
        return answer


def _busy(seconds: float) -> ModelBusyError:
    return ModelBusyError("the model has no room for this request yet", retry_after=seconds)


def _sum(usage: Usage) -> int:
    return usage.input_tokens + usage.output_tokens


def _checked(name: str, limit: float | None) -> float | None:
    """Return the limit. Raises `InvalidInputError` unless it is `None` or a number above 0."""
    if limit is not None and not (isinstance(limit, int | float) and not isinstance(limit, bool) and 0 < limit < math.inf):
        raise InvalidInputError(f"{name} is a number above 0, or None where no limit is known, not {shown(limit)}")
    return limit
