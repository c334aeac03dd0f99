"""Threads for work that may have to be left behind: they keep no program from ending, and are used again after short work.

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
    """One thread, and the jobs it is given: one at a time."""

    def __init__(self, job: Job) -> None:
        self.jobs: SimpleQueue[Job] = SimpleQueue()
        self.jobs.put(job)
        threading.Thread(target=self._run, name="kern-aside", daemon=True).start()

    def _run(self) -> None:
        job: Job | None = self.jobs.get()
        while job is not None:
            job()
            # What it did is not kept alive while the thread waits.
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
#: What runs now, by a number of its own, and what kind of work it is.
_running: dict[int, tuple[Cancellation, str]] = {}
_numbers = count()


def _forget_all() -> None:
    """In a forked process the threads are not there."""
    _idle.clear()
    _running.clear()


os.register_at_fork(after_in_child=_forget_all)


def start_aside(work: Job, cancellation: Cancellation, kind: str = "") -> None:
    """Begin the work on another thread, in a copy of the caller's context and as a part of `cancellation`.

    `work` may not raise: nobody would hear of it. `kind` is what `running` counts it as.
    """
    context = contextvars.copy_context()
    context.run(part_of, cancellation)
    job = _in(context, work, cancellation, kind)
    try:
        _idle.pop().jobs.put(job)
    except IndexError:
        _Aside(job)


def running(kind: str) -> int:
    """How many pieces of work of that kind go on for which somebody waits."""
    return sum(1 for cancellation, is_a in list(_running.values()) if is_a == kind and cancellation.left_at is None)


def left_behind(seconds: float) -> int:
    """How many threads go on with work that nobody has waited for since so many seconds: they cannot be had back."""
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
