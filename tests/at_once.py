"""Requests that programs send at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import connections
from django.http import HttpResponse


def answers_at_once(requests: Sequence[Callable[[], HttpResponse]]) -> list[HttpResponse]:
    """Send all of them at the same time; the answers, in the order of the requests."""
    gate = threading.Barrier(len(requests))

    def send(request: Callable[[], HttpResponse]) -> HttpResponse:
        gate.wait()
        try:
            return request()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(send, requests))
