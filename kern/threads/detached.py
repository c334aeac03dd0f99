"""Daemon threads for work that may be abandoned: they keep no program from ending, and are reused after short work.

`concurrent.futures` is not for this: its threads are waited for at the program's end, and a hanging one takes the place of
others.
"""

from __future__ import annotations

import contextvars
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import count
from queue import Empty, SimpleQueue

from kern.threads.cancellation import Cancellation, part_of

#: A thread with nothing to do ends after so many seconds.
LINGER = 10.0

Job = Callable[[], object]


class _Aside:
    """One thread and its queue of jobs, executed one at a time."""

    def __init__(self, job: Job) -> None:
        self.jobs: SimpleQueue[Job] = SimpleQueue()
        self.jobs.put(job)
        threading.Thread(target=self._run, name="kern-aside", daemon=True).start()

    def _run(self) -> None:
        job: Job | None = self.jobs.get()
        while job is not None:
            job()
            # The finished job is released while the thread waits.
            job = None
            _idle.append(self)
            job = self._next()

    def _next(self) -> Job | None:
        try:
            return self.jobs.get(timeout=LINGER)
        except Empty:
            pass
        try:
            _idle.remove(self)
        except ValueError:
            # It was given something this very moment.
            return self.jobs.get()
        return None


_idle: deque[_Aside] = deque()
#: The running work and its kind, by a number of its own.
_running: dict[int, tuple[Cancellation, str]] = {}
_numbers = count()


def _forget_all() -> None:
    """Forget the threads in a forked process, where they do not exist."""
    _idle.clear()
    _running.clear()


os.register_at_fork(after_in_child=_forget_all)


def start_aside(work: Job, cancellation: Cancellation, kind: str = "") -> None:
    """Start the work on another thread, in a copy of the caller's context and as a part of `cancellation`.

    `work` may not raise: the exception would be lost. `kind` is its label for `running`.
    """
    context = contextvars.copy_context()
    context.run(part_of, cancellation)
    job = _in(context, work, cancellation, kind)
    try:
        _idle.pop().jobs.put(job)
    except IndexError:
        _Aside(job)


def running(kind: str) -> int:
    """Return the number of jobs of that kind whose caller still waits."""
    return sum(1 for cancellation, is_a in list(_running.values()) if is_a == kind and cancellation.left_at is None)


def left_behind(seconds: float) -> int:
    """Return the number of threads whose work was abandoned at least so many seconds ago: they cannot be stopped."""
    latest = time.monotonic() - seconds
    return sum(1 for work, _ in list(_running.values()) if work.left_at is not None and work.left_at <= latest)


def _in(context: contextvars.Context, work: Job, cancellation: Cancellation, kind: str) -> Job:
    number = next(_numbers)
    _running[number] = (cancellation, kind)

    def run() -> None:
        try:
            context.run(work)
        finally:
            del _running[number]

    return run
