"""Requests that programs send, and whatever else happens, at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

Outcome = TypeVar("Outcome")


def at_once(acts: Sequence[Callable[[], Outcome]]) -> list[Outcome]:
    """Send or do all of them at the same time; the answers, in the order of the requests."""
    gate = threading.Barrier(len(acts))

    def do(act: Callable[[], Outcome]) -> Outcome:
        gate.wait()
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))
