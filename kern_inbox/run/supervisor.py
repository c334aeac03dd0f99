"""Supervise child processes that stop together; one that dies is started again, as long as that helps."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import Thread
from types import FrameType
from typing import Literal

from kern_inbox.observability.redaction import redacted
from kern_inbox.run import LaunchError, console
from kern_inbox.run.embedded_redis import EmbeddedRedis, die_with_parent

LOOK_SECONDS = 0.1
#: A part that died this often within `RESTART_SECONDS` is not started again: it would die for the same reason.
MOST_RESTARTS = 3
RESTART_SECONDS = 60.0


@dataclass
class Child:
    """One process of the program. `patience` is the number of seconds it may take to end when asked to.

    `ready_words` stand in the line with which the process says that it is ready; `is_ready` is set by it.
    """

    name: str
    command: Sequence[str]
    patience: float
    ready_words: str = ""
    is_ready: bool = False
    process: subprocess.Popen[str] | None = field(default=None, repr=False)
    reader: Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start the process in a session of its own: Ctrl-C reaches the launcher alone, which then ends them in order."""
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=die_with_parent(),
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )

    def listen(self) -> None:
        """Begin to print the process's output. Only after all have started, as a fork beside threads is a risk."""
        assert self.process is not None
        self.reader = Thread(target=self._print_lines, args=(self.process,), name=f"lines of {self.name}", daemon=True)
        self.reader.start()

    def stop(self) -> None:
        """Ask the process to end; kill it and its own children when it takes too long."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            console.warn(f"{self.name} takes too long to stop; it is killed (unfinished turns are taken up again)")
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.reader:
            self.reader.join(timeout=1)

    def end(self) -> str | None:
        """Return a description of the process's end, `None` while it runs."""
        code = self.process.poll() if self.process else None
        if code is None:
            return None
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def _print_lines(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            # Also what no logger wrote: the last words of an interpreter, a library's own printing.
            console.write(self.name, redacted(line.rstrip("\n")))
            self.is_ready = self.is_ready or bool(self.ready_words and self.ready_words in line)


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
            self._start()
            return self._watch(is_ready, announce)
        finally:
            for child in self.children:
                child.stop()

    def _start(self) -> None:
        for child in self.children:
            _start(child)
        for child in self.children:
            child.listen()

    def _watch(self, is_ready: Callable[[], bool], announce: Callable[[], None]) -> int:
        while not self.asked_to_stop:
            if self._revive() == "failed":
                return 1
            if not self.was_ready and is_ready():
                self.was_ready = True
                announce()
            time.sleep(LOOK_SECONDS)
        console.say("stopping …")
        return 0

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
                yield child.name, f"{child.name} {how} (its last lines are above)", partial(_restart, child)

    def _listen_to_signals(self) -> None:
        def stop(_number: int, _frame: FrameType | None) -> None:
            self.asked_to_stop = True

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)


def _start(child: Child) -> None:
    try:
        child.start()
    except OSError as problem:
        raise LaunchError(f"cannot start {child.name}: {problem}") from None


def _restart(child: Child) -> None:
    """Start the part anew, and end the children of its dead process, which would work beside the new one."""
    child.stop()
    _start(child)
    child.listen()
