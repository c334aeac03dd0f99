"""End every process within its grace time, also when a tool hangs; and restart it.

Python's own means need the interpreter: a signal is handled, a thread is scheduled, between two steps of Python. A tool that
computes in C without releasing the interpreter stops them all. `faulthandler` has a timer outside of it, which prints each
thread's stack and ends the process.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import time
from collections.abc import Callable
from typing import NoReturn

from django.conf import settings
from django.db import connections

from kern.threads.cancellation import Cancellation
from kern.threads.detached import start_aside

log = logging.getLogger(__name__)

#: Exit code of a process that could not restart itself, for its supervisor: "try again" in sysexits.h.
RESTART_ME = 75
#: So many seconds before the end of its grace time a process gives back what it still works on.
HAND_OVER_SECONDS = 3.0
#: Environment variable in which a process that begins anew tells itself how often it did.
RESTARTS = "KERN_RESTARTS"


def grace_seconds() -> float:
    """Return the time (seconds) that a process may take to end when asked to."""
    return float(settings.KERN_GRACE_SECONDS)


def end_within(seconds: float) -> None:
    """End this process after so many seconds, with exit code 1, unless this is called again before."""
    if sys.__stderr__ is not None:
        faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__)


class Watchdog:
    """Ends the process when no Python code has run for its grace time: it could not handle a signal to stop."""

    def __init__(self) -> None:
        self._patted_at = 0.0
        self._is_over = False

    def pat(self) -> None:
        """Reset the timer. Cheap, and needed once a second."""
        now = time.monotonic()
        if not self._is_over and now - self._patted_at >= 1.0:
            self._patted_at = now
            end_within(grace_seconds())

    def begin_grace_time(self) -> None:
        """Start the grace time after a signal to stop. Safe within a signal handler."""
        if not self._is_over:
            self._is_over = True
            end_within(grace_seconds())


def within(seconds: float, act: Callable[[], object]) -> bool:
    """Call a function on another thread, for at most so many seconds.

    Returns whether it finished; its exceptions are logged.
    """
    done: list[bool] = []

    def work() -> None:
        try:
            act()
            done.append(True)
        except Exception as error:  # noqa: BLE001 - the process ends also when the database fails
            log.warning("while ending: %s", error)
            done.append(False)
        finally:
            connections.close_all()

    start_aside(work, Cancellation())
    latest = time.monotonic() + seconds
    while not done and time.monotonic() < latest:
        time.sleep(0.02)
    return done == [True]


def restarts() -> int:
    """Return the number of restarts of this process."""
    told = os.environ.get(RESTARTS, "0")
    return int(told) if told.isdecimal() else 0


def end_now(code: int = 0) -> NoReturn:
    """End without waiting for threads that hang."""
    logging.shutdown()
    os._exit(code)


def restart_process() -> NoReturn:
    """Replace this process by a fresh one with the same process id, so that its supervisor need not act.

    Where that is not possible it ends with `RESTART_ME`.
    """
    os.environ[RESTARTS] = str(restarts() + 1)
    logging.shutdown()
    try:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - it is what runs here already
    except OSError:
        os._exit(RESTART_ME)
