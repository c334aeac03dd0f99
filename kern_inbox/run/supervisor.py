"""Supervise child processes that stop together; one that dies is started again, as long as that helps.

All of it happens on one thread: children are forks of this process, and what other threads held at that moment (a lock of the
output, say) would stay held in them for ever.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import wait
from types import FrameType
from typing import Literal

from kern_inbox.run import LaunchError, console
from kern_inbox.run.child import Child
from kern_inbox.run.embedded_redis import EmbeddedRedis
from kern_inbox.run.forking import STOPPING

LOOK_SECONDS = 0.1
#: A part that died this often within `RESTART_SECONDS` is not started again: it would die for the same reason.
MOST_RESTARTS = 3
RESTART_SECONDS = 60.0


@dataclass
class Restarts:
    """Times of each part's restarts, and the limit that tells an accident from a part that cannot run."""

    _times: dict[str, list[float]] = field(default_factory=dict)

    def allow(self, name: str, now: float) -> bool:
        """Count one more restart of the part at `now` (seconds); False where it had `MOST_RESTARTS` in `RESTART_SECONDS`."""
        recent = [then for then in self._times.get(name, []) if now - then < RESTART_SECONDS]
        allowed = len(recent) < MOST_RESTARTS
        self._times[name] = [*recent, now] if allowed else recent
        return allowed


class Supervisor:
    """Runs children until a signal asks to stop (exit code 0) or one of them cannot run (exit code 1).

    A part that ends before the program was ready stops it; later it is started again, `MOST_RESTARTS` times a minute.
    `redis` is watched too where there is an embedded one; its owner stops it, after the children.
    """

    def __init__(self, children: Sequence[Child], redis: EmbeddedRedis | None) -> None:
        self.children = children
        self.redis = redis
        self.asked_to_stop = False
        self.was_ready = False
        self._restarts = Restarts()

    def run(self, is_ready: Callable[[], bool], announce: Callable[[], None]) -> int:
        """Start the children in order, watch them, stop them in the same order.

        `is_ready` is asked until it says true, and `announce` called then, once.
        """
        self._listen_to_signals()
        try:
            for child in self.children:
                _start(child)
            return self._watch(is_ready, announce)
        finally:
            for child in self.children:
                self._stop(child)

    def _watch(self, is_ready: Callable[[], bool], announce: Callable[[], None]) -> int:
        while not self.asked_to_stop:
            if self._revive() == "failed":
                return 1
            if not self.was_ready and is_ready():
                self.was_ready = True
                announce()
            self._print_lines(LOOK_SECONDS)
        console.say("stopping …")
        return 0

    def _print_lines(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Print what the children write for so many seconds, at most until a condition holds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not until():
            outputs = {child.output: child for child in self.children if child.output}
            for output in wait(list(outputs), min(left, LOOK_SECONDS)):
                outputs[output].print_lines()  # type: ignore[index]

    def _stop(self, child: Child) -> None:
        """Ask the child to end; kill it and its own children when it takes too long."""
        child.ask_to_end()
        self._print_lines(child.patience, until=lambda: not child.is_running)
        if child.is_running:
            console.warn(f"{child.name} takes too long to stop; it is killed (unfinished turns are taken up again)")
        child.kill()

    def _revive(self) -> Literal["ok", "failed"]:
        """Restart the parts that ended by themselves. `failed` where that is of no use; the reason has been printed then."""
        for name, how, start in self._ended():
            if self.asked_to_stop:
                break
            if not self.was_ready or not self._restarts.allow(name, time.monotonic()):
                console.say(f"{how}; stopping the rest")
                return "failed"
            console.warn(how)
            start()
            console.say(f"{name} was started again")
        return "ok"

    def _ended(self) -> Iterator[tuple[str, str, Callable[[], None]]]:
        """Yield each part that has ended: its name, the description of its end, and the call that restarts it."""
        if self.redis and self.redis.process and self.redis.process.poll() is not None:
            yield "redis", f"the embedded Redis ended (see {self.redis.log_file})", self.redis.start
        for child in self.children:
            if how := child.end():
                # Its last lines come first. The children of a dead process would work beside those of the new one.
                child.kill()
                yield child.name, f"{child.name} {how} (its last lines are above)", partial(_start, child)

    def _listen_to_signals(self) -> None:
        def stop(_number: int, _frame: FrameType | None) -> None:
            self.asked_to_stop = True

        for number in STOPPING:
            signal.signal(number, stop)


def _start(child: Child) -> None:
    try:
        child.start()
    except OSError as problem:
        raise LaunchError(f"cannot start {child.name}: {problem}") from None
