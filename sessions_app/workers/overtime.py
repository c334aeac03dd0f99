"""Run a turn on a thread of its own, which may be abandoned: a hanging agent never blocks the worker's thread.

Models and tools can be abandoned already (`kern.models.listening`, `kern.loop.execution`). What remains is the agent's own code
around them: instructions that are a function, a policy, a model's constructor. It may wait for a lock for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing

from kern.db.base import Claim
from kern.events import RunEvent
from kern.loop.heartbeat import heartbeat
from kern.models.listening import listen
from kern.threads.waiting import Box, TookTooLongError, Waiting
from sessions_app.store.transactions import release_connections

#: Interval (seconds) of the check whether the turn should have ended.
LOOK_EVERY = 0.5
#: A turn ends by itself at its deadline, or soon after it is known to be unwanted. Where it does not, it is left behind so many
#: seconds later: more than a tool's last second (`kern.loop.execution.GRACE`), and a busy database.
AFTER_DEADLINE = 5.0
AFTER_WISH = 1.5

Turn = Callable[[], Generator[RunEvent, None, None]]


class OvertimeError(Exception):
    """The turn did not end by itself. `is_wanted` is true for its deadline, false for a person's cancellation."""

    def __init__(self, is_wanted: bool) -> None:
        super().__init__("the turn did not end when it should have")
        self.is_wanted = is_wanted


class _Patience(Waiting):
    """The wait for one turn's events."""

    def __init__(self, claim: Claim, seconds: float) -> None:
        super().__init__(None, "the turn")
        self._owner = claim.owner
        self._latest = time.monotonic() + seconds + AFTER_DEADLINE

    def check(self) -> None:
        """Raise `OvertimeError` where the turn should have ended."""
        since = heartbeat.unwanted_since(self._owner)
        if since is not None and time.monotonic() - since >= AFTER_WISH:
            raise OvertimeError(is_wanted=False)
        if time.monotonic() >= self._latest:
            raise OvertimeError(is_wanted=True)

    def receive(self, box: Box, within: float | None = None) -> object:
        while True:
            try:
                return super().receive(box, LOOK_EVERY)
            except TookTooLongError:
                continue

    def let_go(self) -> None:
        release_connections()


def worked(turn: Turn, claim: Claim, seconds: float) -> Generator[RunEvent, None, None]:
    """Yield the events of a turn that works under the claim, for at most so many seconds. Raises the turn's exceptions.

    Raises `OvertimeError` where it does not end by itself; then nothing renews its lease any more, and the caller ends it.
    """
    release_connections()
    with closing(listen(turn, _Patience(claim, seconds))) as events:
        try:
            yield from events
        except OvertimeError:
            heartbeat.forget(claim.owner)
            raise
