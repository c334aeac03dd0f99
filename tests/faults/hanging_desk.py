"""A desk whose tools do not come back."""

from __future__ import annotations

import re
import threading
import time

from kern.agent import Agent
from kern.tools import tool
from sessions_app.desk import Desk, QueueSpec

_lock = threading.Lock()


@tool
def sleep_on() -> str:
    """Sleep, and let others work."""
    time.sleep(1e9)
    return "slept"


@tool
def wait_for_lock() -> str:
    """Wait for a lock that nobody gives back."""
    with _lock, _lock:
        return "had it"


@tool
def compute() -> str:
    """Compute in C, and let nobody else have the interpreter."""
    re.match(r"(a+)+$", "a" * 60 + "b")
    return "computed"


clerk = Agent(name="Clerk", description="You work in a shop.", tools=[sleep_on, wait_for_lock, compute])
desk = Desk(name="Shop", queues=[QueueSpec("orders", "Orders", clerk)])
