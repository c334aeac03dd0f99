"""A whole installation in real processes, each of which can be killed and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any

from bench.faults.journal import VARIABLE, Journal
from bench.paths import ROOT
from bench.report import CannotMeasureError
from kern_inbox.conf.task_queues import QUEUES
from kern_inbox.run.embedded_redis import EmbeddedRedis, free_port
from kern_inbox.run.forking import die_with_parent
from tests.disks import SmallDisk
from tests.servers import MissingServerError, TemporaryPostgresql

#: Longest a start may take (seconds) on a busy machine.
PATIENCE = 90
LEASE_SECONDS = 3
#: A turn whose model is silent ends after so many seconds.
TURN_SECONDS = 12
WORKERS = ("worker 1", "worker 2")
#: Seconds by which the clock of a process is off, all the time.
SHIFTS = {"worker 2": 120, "scheduler": -120}
DISK = "disk"


class World:
    """A context manager: everything runs inside, and nothing is left after it. What the processes said is in `folder`.

    Start and kill from one thread only: on Linux a child is bound to the thread that started it.
    """

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.journal = Journal(folder / "world")
        self.port = free_port()
        self.redis = EmbeddedRedis(folder / "redis")
        self.postgresql = TemporaryPostgresql() if database == "postgresql" else None
        self.disk = small_disk(self.database_folder)
        self.tokens: dict[str, Any] = {}
        self._model: subprocess.Popen[bytes] | None = None
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environment: dict[str, str] = {}

    def __enter__(self) -> World:
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    @property
    def database_folder(self) -> Path:
        """Where the database's files are: a disk of their own, where one can be had."""
        return self.postgresql.folder if self.postgresql else self.folder / "disk"

    @property
    def mortals(self) -> dict[str, int]:
        """Who may be killed, and how often compared to the others."""
        return (
            {"web": 3, "worker 1": 4, "worker 2": 4, "scheduler": 1, "Redis": 2}
            | ({"PostgreSQL": 2} if self.postgresql else {})
            | ({DISK: 2} if self.disk else {})
        )

    def kill(self, name: str) -> None:
        """SIGKILL; whoever it is can't say a word. A disk dies by being full."""
        if name == DISK and self.disk:
            self.disk.fill()
        elif name == "Redis":
            self.redis.kill()
        elif name == "PostgreSQL" and self.postgresql:
            kill_postgresql(self.postgresql)
        else:
            self._processes[name].kill()
            self._processes[name].wait()

    def revive(self, name: str) -> None:
        """Start it again as an init system would: without asking how the others are."""
        if name == DISK and self.disk:
            self.disk.empty()
            self._start_postgresql()
        elif name == "Redis":
            self.redis.start()
        elif name == "PostgreSQL":
            self._start_postgresql()
        else:
            self._processes[name] = self._spawn(name, self._command(name))

    def _start_postgresql(self) -> None:
        """Start it unless it runs. On a full disk it crashes, and cannot start before there is room again."""
        is_full = self.disk is not None and self.disk.is_full
        if self.postgresql and not is_full and not server_runs(self.postgresql):
            self.postgresql.start()

    def dead(self) -> list[str]:
        """Processes that ended although nobody killed them."""
        return [name for name, process in self._processes.items() if process.poll() is not None]

    def log(self, name: str) -> Path:
        """What a process said, over all its lives."""
        return self.folder / f"{name.replace(' ', '')}.log"

    def _start(self) -> None:
        self.redis.start()
        if self.postgresql:
            self.postgresql.create()
        address = self._start_model()
        self._environment = self._variables(address)
        self.tokens = self._prepare()
        for name in ("web", *WORKERS, "scheduler"):
            self.revive(name)
        self._until("the web process answers", lambda: answers(self.port))
        for name in WORKERS:
            self._until(f"{name} is ready", lambda name=name: " ready." in self.log(name).read_text(errors="replace"))  # type: ignore[misc]

    def _start_model(self) -> str:
        self._model = subprocess.Popen(
            [sys.executable, "-m", "bench.faults.model", str(self.folder)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log("model").open("ab"),
            preexec_fn=die_with_parent(),
        )
        assert self._model.stdout is not None
        return self._model.stdout.readline().decode().strip()

    def _variables(self, model: str) -> dict[str, str]:
        database = self.postgresql.url if self.postgresql else f"sqlite:///{self.database_folder / 'inbox.sqlite3'}"
        return {
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")},
            "DJANGO_SETTINGS_MODULE": "kern_inbox.settings",
            "PYTHONUNBUFFERED": "1",
            # Without it somebody would have to collect static files first, which nobody here asks for.
            "DEBUG": "1",
            # Workers that start again and again need no checks of Django's, which take a second each time.
            "SKIP_CHECKS": "1",
            "KERN_VAR": str(self.folder / "var"),
            "KERN_DESK": "bench.faults.desk:desk",
            "KERN_LEASE_SECONDS": str(LEASE_SECONDS),
            "KERN_TURN_SECONDS": str(TURN_SECONDS),
            "WORKER_THREADS": "4",
            "DATABASE_URL": database,
            "DATABASE_POOL": "10",
            "REDIS_URL": self.redis.url,
            "OPENAI_BASE_URL": model,
            VARIABLE: str(self.folder / "world"),
        }

    def _prepare(self) -> dict[str, Any]:
        command = [sys.executable, "-m", "bench.faults.prepare"]
        done = subprocess.run(command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotMeasureError(f"the database could not be prepared: {done.stderr[-1000:]}")
        tokens: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return tokens

    def _command(self, name: str) -> list[str]:
        python = [sys.executable, "-m"]
        if name == "web":
            where = ["--host", "127.0.0.1", "--port", str(self.port)]
            return [*python, "uvicorn", "kern_inbox.asgi:application", *where, "--no-access-log", "--no-proxy-headers"]
        celery = [*python, "celery", "--app", "kern_inbox"]
        if name == "scheduler":
            return [sys.executable, "manage.py", "scheduler"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return [*celery, "worker", "--queues", ",".join(QUEUES), "--hostname", f"{name.replace(' ', '')}@%h", *quiet]

    def _spawn(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with self.log(name).open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environment_of(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent(),
            )

    def _environment_of(self, name: str) -> dict[str, str]:
        if name not in SHIFTS:
            return self._environment
        skewed = {"DJANGO_SETTINGS_MODULE": "tests.skewed_settings", "KERN_TEST_SHIFT": str(SHIFTS[name])}
        return {**self._environment, **skewed}

    def _until(self, what: str, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end or self.dead():
                raise CannotMeasureError(f"never happened: {what} (ended: {self.dead() or 'nobody'}); see {self.folder}")
            time.sleep(0.1)

    def _end(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()
        if self._model:
            self._model.terminate()
            self._model.wait()
        self.redis.kill()
        if self.disk:
            self.disk.empty()
        if self.postgresql:
            self.postgresql.remove()
        if self.disk:
            self.disk.remove()


def small_disk(folder: Path) -> SmallDisk | None:
    """A small disk at the folder, or none, said aloud: then no disk gets full in this round."""
    try:
        return SmallDisk(folder)
    except MissingServerError as reason:
        print(f"  no disk will be full in this round: {reason}", file=sys.stderr, flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        return None


def kill_postgresql(cluster: TemporaryPostgresql) -> None:
    """SIGKILL to the server and each of its processes, so that nobody tidies up."""
    lock = cluster.folder / "data" / "postmaster.pid"
    if not lock.exists():
        return
    server = int(lock.read_text().splitlines()[0])
    family = [server, *_children(server)]
    for process in family:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    while any(_is_alive(process) for process in family):
        time.sleep(0.02)
    # Where nobody buries orphans the dead server keeps its number, and the next one would take the lock for a living one's.
    lock.unlink()


def server_runs(cluster: TemporaryPostgresql) -> bool:
    """Whether the server is up, or coming up."""
    lock = cluster.folder / "data" / "postmaster.pid"
    return lock.exists() and _is_alive(int(lock.read_text().splitlines()[0]))


def _children(parent: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=False).stdout
    return [int(word) for word in listed.split()]


def _is_alive(process: int) -> bool:
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False).stdout
    return bool(shown.strip()) and not shown.strip().startswith("Z")


def answers(port: int) -> bool:
    """Whether the web process is up."""
    web = HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        web.request("GET", "/health/live/")
        return web.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        web.close()
