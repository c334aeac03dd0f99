"""The program's processes for a naming job, each of which can be killed and started again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.faults.world import answers
from bench.paths import ROOT
from bench.report import CannotMeasureError
from kern_inbox.run.embedded_redis import EmbeddedRedis, free_port
from kern_inbox.run.forking import die_with_parent

PATIENCE = 120
#: A worker as the Procfile starts it: queues, threads.
WORKERS = {"turns": ("turns", 4), "naming": ("naming,jobs", 2)}


@contextmanager
def slow_model(seconds: float) -> Iterator[str]:
    """Start a model server that thinks so long; yields its address."""
    command = [sys.executable, "-m", "bench.naming.model", str(seconds)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, preexec_fn=die_with_parent())
    try:
        assert server.stdout is not None
        yield server.stdout.readline().decode().strip()
    finally:
        server.terminate()
        server.wait()


class Processes:
    """Web, workers, scheduler and Redis. They read the environment of this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.redis = EmbeddedRedis(folder / "redis")
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start everything but Redis, and wait until it works."""
        for name in ("web", *WORKERS, "scheduler"):
            self.revive(name)
        end = time.monotonic() + PATIENCE
        while not (answers(self.port) and all(" ready." in self._log(name).read_text() for name in WORKERS)):
            if time.monotonic() > end:
                raise CannotMeasureError(f"the program did not start; see {self.folder}")
            time.sleep(0.2)

    def kill(self, name: str) -> None:
        """End it without a word."""
        if name == "Redis":
            self.redis.kill()
        else:
            self._running[name].kill()
            self._running[name].wait()

    def revive(self, name: str) -> None:
        """Start it (again)."""
        if name == "Redis":
            self.redis.start()
            return
        with self._log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._command(name),
                cwd=ROOT,
                env={**os.environ, "LOG_LEVEL": "INFO"},
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(),
            )

    def end(self) -> None:
        """End everything."""
        for process in self._running.values():
            process.kill()
            process.wait()
        self.redis.kill()

    def _command(self, name: str) -> list[str]:
        python = [sys.executable, "-m"]
        if name == "web":
            where = ["--host", "127.0.0.1", "--port", str(self.port)]
            return [*python, "uvicorn", "kern_inbox.asgi:application", *where, "--no-access-log", "--no-proxy-headers"]
        if name == "scheduler":
            return [sys.executable, "manage.py", "scheduler"]
        queues, threads = WORKERS[name]
        worker = ["worker", "--queues", queues, "--concurrency", str(threads), "--hostname", f"{name}@%h"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return [*python, "celery", "--app", "kern_inbox", *worker, *quiet, "--loglevel", "INFO"]

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"
