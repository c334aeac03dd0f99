"""Threads for work that may have to be left behind: they keep no program from ending, and are used again after short work.

`concurrent.futures` is not for this: its threads are waited for at the program's end, and a hanging one takes the place of
others.
"""

from __future__ import annotations

import contextvars
import os
import threading
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue

from kern.cancellation import Cancellation, part_of

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
os.register_at_fork(after_in_child=_idle.clear)


def start_aside(work: Job, cancellation: Cancellation) -> None:
    """Begin the work on another thread, in a copy of the caller's context and as a part of `cancellation`.

    `work` may not raise: nobody would hear of it.
    """
    context = contextvars.copy_context()
    context.run(part_of, cancellation)
    job = _in(context, work)
    try:
        _idle.pop().jobs.put(job)
    except IndexError:
        _Aside(job)


def _in(context: contextvars.Context, work: Job) -> Job:
    return lambda: context.run(work)
