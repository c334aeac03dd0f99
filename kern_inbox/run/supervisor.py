"""Child processes that live and die together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Thread
from types import FrameType

from kern_inbox.embedded_redis import EmbeddedRedis, die_with_parent
from kern_inbox.run import LaunchError, console

LOOK_SECONDS = 0.1


@dataclass
class Child:
    """One process of the program. `patience` is how many seconds it may take to end when asked to."""

    name: str
    command: Sequence[str]
    patience: float
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
        """Begin to print what the process says. Only after all have started, as a fork beside threads is a risk."""
        self.reader = Thread(target=self._print_lines, name=f"lines of {self.name}", daemon=True)
        self.reader.start()

    def stop(self) -> None:
        """Ask the process to end, and make it end when it takes too long, with whatever it started itself."""
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
        """How the process ended, `None` while it runs."""
        code = self.process.poll() if self.process else None
        if code is None:
            return None
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def _print_lines(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            console.write(self.name, line.rstrip("\n"))


class Supervisor:
    """Runs children until a signal asks to stop (exit code 0) or one of them ends by itself (exit code 1).

    `redis` is watched too where there is an embedded one; its owner stops it, after the children.
    """

    def __init__(self, children: Sequence[Child], redis: EmbeddedRedis | None) -> None:
        self.children = children
        self.redis = redis
        self.asked_to_stop = False

    def run(self, when_ready: Callable[[], bool]) -> int:
        """Start the children in order, watch them, stop them in the same order. `when_ready` is asked until it says true."""
        self._listen_to_signals()
        try:
            self._start()
            return self._watch(when_ready)
        finally:
            for child in self.children:
                child.stop()

    def _start(self) -> None:
        for child in self.children:
            try:
                child.start()
            except OSError as problem:
                raise LaunchError(f"cannot start {child.name}: {problem}") from None
        for child in self.children:
            child.listen()

    def _watch(self, when_ready: Callable[[], bool]) -> int:
        ready = False
        while not self.asked_to_stop:
            if ended := self._ended():
                if not self.asked_to_stop:
                    console.say(f"{ended}; stopping the rest")
                    return 1
                break
            ready = ready or when_ready()
            time.sleep(LOOK_SECONDS)
        console.say("stopping …")
        return 0

    def _ended(self) -> str | None:
        for child in self.children:
            if how := child.end():
                return f"{child.name} {how} (its last lines are above)"
        if self.redis and self.redis.process and self.redis.process.poll() is not None:
            return f"the embedded Redis ended (see {self.redis.log_file})"
        return None

    def _listen_to_signals(self) -> None:
        def stop(_number: int, _frame: FrameType | None) -> None:
            self.asked_to_stop = True

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)
