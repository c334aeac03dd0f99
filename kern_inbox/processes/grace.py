"""How every process ends: within its grace time, whatever runs in it; and how it begins anew.

Python's own means need the interpreter: a signal is heard, a thread is scheduled, between two steps of Python. A tool that
computes in C without letting go of the interpreter stops them all. `faulthandler` has a timer outside of it, which says where
each thread stands and ends the process.
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

#: Exit code of a process that could not begin anew by itself, for whoever supervises it: "try again" in sysexits.h.
RESTART_ME = 75
#: So many seconds before the end of its grace time a process gives back what it still works on.
HAND_OVER_SECONDS = 3.0
#: Environment variable in which a process that begins anew tells itself how often it did.
RESTARTS = "KERN_RESTARTS"


def grace_seconds() -> float:
    """How long (seconds) a process may take to end when asked to."""
    return float(settings.KERN_GRACE_SECONDS)


def end_within(seconds: float) -> None:
    """End this process after so many seconds from now on, with exit code 1, unless this is called again before."""
    if sys.__stderr__ is not None:
        faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__)


class Watchdog:
    """Ends the process where nothing of Python runs in it for as long as its grace time: nobody would hear it asked to stop."""

    def __init__(self) -> None:
        self._patted_at = 0.0
        self._is_over = False

    def pat(self) -> None:
        """Say that Python runs. Cheap, and needed once a second."""
        now = time.monotonic()
        if not self._is_over and now - self._patted_at >= 1.0:
            self._patted_at = now
            end_within(grace_seconds())

    def last_call(self) -> None:
        """The process was asked to stop: from now on its grace time runs. May be called while a signal is heard."""
        if not self._is_over:
            self._is_over = True
            end_within(grace_seconds())


def within(seconds: float, act: Callable[[], object]) -> bool:
    """Do it on another thread, for at most so many seconds. Whether it was done; what it raises is a line in the log."""
    done: list[bool] = []

    def work() -> None:
        try:
            act()
            done.append(True)
        except Exception as error:  # noqa: BLE001 - the process ends whatever the database raises
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
    """How often this process began anew."""
    told = os.environ.get(RESTARTS, "0")
    return int(told) if told.isdecimal() else 0


def end_now(code: int = 0) -> NoReturn:
    """End without waiting for threads that hang."""
    logging.shutdown()
    os._exit(code)


def begin_anew() -> NoReturn:
    """Replace this process by a fresh one of the same number: whoever supervises it need not do anything.

    Where that is not possible it ends with `RESTART_ME`.
    """
    os.environ[RESTARTS] = str(restarts() + 1)
    logging.shutdown()
    try:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - it is what runs here already
    except OSError:
        os._exit(RESTART_ME)
