"""Processes that are made from this one, with what it has loaded: a start costs little, and they share its memory.

Where a fork is not safe (libraries of macOS begin threads by themselves) each process loads everything anew.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

IS_LINUX = sys.platform.startswith("linux")
PROCESSES = multiprocessing.get_context("fork") if IS_LINUX else multiprocessing.get_context("spawn")
#: Signals that ask a process to stop.
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Of <linux/prctl.h>.
SET_PARENT_DEATH_SIGNAL, SET_NAME = 1, 15


@contextmanager
def stopping_later() -> Iterator[None]:
    """Keep signals to stop until the block has ended: a process that begins must not handle them as its parent does."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin(name: str, parent: int) -> None:
    """Begin the life of a new process, for its first line.

    It is in a session of its own, so that Ctrl-C in the terminal does not reach it; it has its own name in lists of processes,
    ends when `parent` ends, and handles signals as any process of Python.
    """
    os.setsid()
    if end_with_parent := die_with_parent():
        end_with_parent()
        ctypes.CDLL(None).prctl(SET_NAME, f"kern-{name}".encode())
        if os.getppid() != parent:
            os._exit(1)
    for number in STOPPING:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)


def die_with_parent() -> Callable[[], None] | None:
    """Make the child end with its parent's thread, for `preexec_fn`: on Linux also when the parent was killed."""
    if not IS_LINUX:
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
