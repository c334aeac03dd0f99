"""Start, watch and stop all processes of the program."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from io import TextIOWrapper
from multiprocessing.util import register_after_fork
from pathlib import Path
from types import FrameType
from typing import Any

from kern_inbox.conf.environment import ConfigurationError, read
from kern_inbox.observability.redaction import redacted
from kern_inbox.run import LaunchError
from kern_inbox.run.embedded_redis import EmbeddedRedis, EmbeddedRedisError
from kern_inbox.run.forking import STOPPING
from kern_inbox.run.parts import children
from kern_inbox.run.preparation import Preparation
from kern_inbox.run.supervisor import Supervisor

#: So long (seconds) the announcement waits for the worker, to stand last. LOG_LEVEL may hide that the worker is ready.
WORKER_SECONDS = 15.0
#: After Ctrl-C running turns have no longer than so many seconds.
GRACE_SECONDS = 8


def main() -> int:
    """Run the program; returns 0 when asked to stop, 1 when a process could not start or ended by itself."""
    _stop_by_signal()
    os.environ.setdefault("DEBUG", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kern_inbox.settings")
    # Celery's name for Django's checks, a second of each worker's start that finds faults of those who change the program.
    os.environ.setdefault("SKIP_CHECKS", "1")
    os.environ["KERN_GRACE_SECONDS"] = os.environ.get("KERN_GRACE_SECONDS") or str(GRACE_SECONDS)
    try:
        values = read(os.environ)
        with single_instance(values["KERN_VAR"]), redis_server(values) as redis:
            return launch(values, redis)
    except (ConfigurationError, EmbeddedRedisError, LaunchError) as problem:
        print(f"kern-inbox: {redacted(str(problem))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def launch(values: dict[str, Any], redis: EmbeddedRedis | None) -> int:
    """Check, prepare, run. Raises `LaunchError`."""
    host, port = values["HOST"], values["PORT"]
    import django

    django.setup()
    from kern_inbox.run import prepare

    people = prepared(values)
    processes = children(values)
    supervisor = Supervisor(processes, redis)
    until = time.monotonic() + WORKER_SECONDS

    def is_ready() -> bool:
        has_worker = all(child.is_ready or not child.ready_words for child in processes)
        return answers(host, port) and (has_worker or time.monotonic() > until)

    try:
        return supervisor.run(is_ready, lambda: prepare.announce(address_of(host, port), people))
    finally:
        if not supervisor.was_ready:
            # Their passwords are told once: also where the program stops before it was ready.
            prepare.introduce(people)


def prepared(values: dict[str, Any]) -> list[str]:
    """Check, prepare the database, and load what the processes are made from. Raises `LaunchError`.

    Returns the lines that name the demo's people, none where the database has people already.
    """
    from kern_inbox.run import console, preload, prepare

    preparation = Preparation(values)
    try:
        if warning := preparation.warning():
            console.warn(warning)
        preload.load()
        return preparation.people()
    except BaseException:
        prepare.introduce(preparation.stop())
        raise


@contextmanager
def redis_server(values: dict[str, Any]) -> Iterator[EmbeddedRedis | None]:
    """Run the embedded Redis when REDIS_URL is not set, and set it to its address."""
    if values["REDIS_URL"]:
        yield None
        return
    server = EmbeddedRedis(values["KERN_VAR"] / "redis", keep=True)
    server.start()
    os.environ["REDIS_URL"] = server.url
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def single_instance(folder: Path) -> Iterator[None]:
    """Lock the folder: two programs in it would write into each other's embedded Redis. Raises `LaunchError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "run.lock").open("w")
    except OSError as problem:
        raise LaunchError(f"KERN_VAR: cannot write to the folder {folder} ({problem.strerror})") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LaunchError(f"the program runs already in {folder}; stop it, or give this one its own KERN_VAR") from None
        # Processes that outlive this one for a moment do not keep the next one out.
        register_after_fork(lock, TextIOWrapper.close)
        yield


def answers(host: str, port: int) -> bool:
    """Return whether the web server is up."""
    web = HTTPConnection(near(host), port, timeout=1)
    try:
        web.request("GET", "/health/live/", headers={"Host": "localhost"})
        return web.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        web.close()


def near(host: str) -> str:
    """Return the host by which this machine reaches a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def address_of(host: str, port: int) -> str:
    """Return the address for a browser."""
    name = near(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _stop_by_signal() -> None:
    """Let SIGTERM and SIGHUP end the preparations as Ctrl-C does, until the processes run."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in STOPPING:
        signal.signal(number, interrupt)


if __name__ == "__main__":
    sys.exit(main())
