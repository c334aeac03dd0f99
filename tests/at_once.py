"""Requests that programs send, and whatever else happens, at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections
from django.http import HttpResponse

Outcome = TypeVar("Outcome")


def answers_at_once(requests: Sequence[Callable[[], HttpResponse]]) -> list[HttpResponse]:
    """Send all of them at the same time; the answers, in the order of the requests."""
    return at_once(requests)


def at_once(acts: Sequence[Callable[[], Outcome]]) -> list[Outcome]:
    """Do all of them at the same time; what came of each, in their order."""
    gate = threading.Barrier(len(acts))

    def do(act: Callable[[], Outcome]) -> Outcome:
        gate.wait()
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))
