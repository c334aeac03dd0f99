"""The processes of the program, each with the command that starts it alone."""

from __future__ import annotations

import os
import sys
from typing import Any

from kern_inbox.run.child import Child

NAMING_THREADS = 4
WEBHOOK_THREADS = 8


def children(values: dict[str, Any]) -> list[Child]:
    """Return the processes in the order in which they stop: web server, scheduler, workers.

    First no new work is asked for, then none is made, then the rest is finished.
    """
    # Each ends itself within its grace time, or is killed a moment later.
    patience = int(os.environ["KERN_GRACE_SECONDS"]) + 2.0
    return [
        Child("web", web_command(values["HOST"], values["PORT"]), patience),
        Child("scheduler", [sys.executable, "manage.py", "scheduler"], patience),
        worker("worker", "turns", patience),
        # Not among the turns: a name should not wait until tools that hang have had their time.
        worker("naming", "naming,jobs", patience, "--concurrency", str(NAMING_THREADS)),
        # Servers of others are slow or hang: nobody's turn or name waits behind them.
        worker("webhooks", "webhooks", patience, "--concurrency", str(WEBHOOK_THREADS)),
    ]


def web_command(host: str, port: int) -> list[str]:
    """Return the command of the web server. Open live pages would keep it from stopping; they reconnect by themselves.

    It believes no X-Forwarded header, as it would by default those of this machine: what proxies say is read by
    TRUSTED_PROXIES alone.
    """
    where = ["kern_inbox.asgi:application", "--host", host, "--port", str(port)]
    return [
        *(sys.executable, "-m", "uvicorn", *where),
        *("--timeout-graceful-shutdown", "2", "--no-access-log", "--no-proxy-headers"),
    ]


def worker(name: str, queues: str, patience: float, *options: str) -> Child:
    """Return a worker of these queues, separated by commas."""
    celery = ["celery", "--quiet", "--app", "kern_inbox", "worker", "--queues", queues, "--hostname", f"{name}@%h", *options]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    # In a container everything is root, so a warning at each start does not help.
    python = [sys.executable, "-W", "ignore:You're running the worker", "-m"]
    return Child(name, [*python, *celery, *quiet], patience, ready_words=" ready.")
