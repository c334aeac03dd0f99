"""A whole installation of real processes for tests that kill them: workers, scheduler, Redis, and the database of the test."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery
from django.db import connection
from pytest_django.fixtures import Settings

from kern_inbox.celery import app
from kern_inbox.conf import task_queues
from kern_inbox.run.embedded_redis import EmbeddedRedis
from sessions_app import desk as desks
from sessions_app.actions import sessions
from sessions_app.models import Queue, Session
from tests import forked
from tests.responses_server import ResponsesServer

#: Nothing is asserted about time; a test that waits longer than this (seconds) has failed.
PATIENCE = 90


class Installation:
    """Processes that work on this test's database, and the servers they need."""

    def __init__(self, folder: Path, redis: EmbeddedRedis, model: ResponsesServer) -> None:
        self.folder = folder
        self.redis = redis
        self.model = model
        self.processes: list[forked.Started] = []
        self._environment = {
            **{key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG")},
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "DEBUG": "1",
            # Celery's name for Django's checks, which take a second of each start and read no test's doing.
            "SKIP_CHECKS": "1",
            "KERN_VAR": str(folder),
            "KERN_DESK": "tests.desk:served_desk",
            "KERN_TEST_LEDGER": str(self._ledger),
            "DATABASE_URL": database_url(),
            "REDIS_URL": redis.url,
            "OPENAI_BASE_URL": model.base_url,
        }

    @property
    def _ledger(self) -> Path:
        return self.folder / "ledger"

    def ledger(self) -> list[str]:
        """What tools did to the world."""
        return self._ledger.read_text().splitlines() if self._ledger.exists() else []

    def configure(self, **variables: str) -> None:
        """What the processes that are started from now on find in their environment."""
        self._environment |= variables

    def start_worker(self) -> forked.Started:
        """A worker for everything; returns when it takes tasks."""
        number = len(self.processes) + 1
        worker = self._start("worker", "-Q", "turns,naming", "--concurrency", "4", "--hostname", f"worker{number}@%h")
        log = self._log(len(self.processes))
        self.until(lambda: " ready." in log.read_text(errors="replace"))
        return worker

    def start_scheduler(self) -> forked.Started:
        """The process that finds what is due."""
        return self._start_python("manage.py", "scheduler")

    def kill(self, process: forked.Started) -> None:
        """The process is gone without a word."""
        process.send_signal(signal.SIGKILL)
        process.wait()

    def end(self, process: forked.Started) -> int:
        """Ask the process to end; its exit code. Fails the test where it never ends."""
        process.send_signal(signal.SIGTERM)
        self.until(lambda: process.poll() is not None)
        return process.wait()

    def said(self, process: forked.Started) -> str:
        """What the process wrote, in all its lives."""
        return self._log(self.processes.index(process) + 1).read_text(errors="replace")

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until the condition holds. Fails the test, with what the processes said, when it never does."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                logs = "\n".join(
                    self._log(number + 1).read_text(errors="replace")[-3000:] for number in range(len(self.processes))
                )
                pytest.fail(f"it never happened\n{logs}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End every process."""
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)

    def _start(self, *arguments: str) -> forked.Started:
        return self._start_python("-m", "celery", "-A", "kern_inbox", *arguments, "--loglevel", "INFO")

    def _start_python(self, *arguments: str) -> forked.Started:
        process = forked.start(arguments, self._environment, self._log(len(self.processes) + 1))
        self.processes.append(process)
        return process

    def _log(self, number: int) -> Path:
        return self.folder / f"process{number}.log"


def database_url() -> str:
    """The URL of the database that this test uses."""
    told = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{told['NAME']}"
    return f"postgresql://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"


@pytest.fixture
def installation(transactional_db: None, settings: Settings, tmp_path: Path) -> Iterator[Installation]:
    """An installation without workers yet; what this test's process enqueues reaches its Redis."""
    settings.KERN_DESK = "tests.desk:served_desk"
    desks.sync()
    redis = EmbeddedRedis(tmp_path / "redis")
    redis.start()
    settings.REDIS_URL = redis.url
    publisher = Celery("tests", set_as_current=True)
    publisher.conf.update(
        {key.removeprefix("CELERY_").lower(): value for key, value in task_queues.configuration(redis.url, 180, 4).items()}
    )
    with ResponsesServer() as model:
        running = Installation(tmp_path, redis, model)
        try:
            yield running
        finally:
            running.stop()
            publisher.close()
            app.set_current()
            redis.stop()


@pytest.fixture
def session(installation: Installation) -> Session:
    """Kim's conversation in the orders queue."""
    return sessions.start_session(Queue.objects.get(slug="orders"), user_id="kim", customer_name="Kim")
