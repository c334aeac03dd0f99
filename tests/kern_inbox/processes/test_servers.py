"""The servers the tests bring along."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from threading import Thread
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import psycopg
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from kern_inbox.run.embedded_redis import EmbeddedRedis, embedded_redis, free_port

ROOT = Path(__file__).parents[3]


def test_embedded_redis_answers_only_with_its_password(tmp_path: Path) -> None:
    with embedded_redis(tmp_path) as url, Redis.from_url(url) as client:
        assert client.ping()
        with pytest.raises(AuthenticationError), Redis(port=client.get_connection_kwargs()["port"]) as stranger:
            stranger.ping()


def test_embedded_redis_keeps_what_it_took_over_a_kill(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path, keep=True)
    server.start()
    with Redis.from_url(server.url) as client:
        client.rpush("turns", "1")
        client.execute_command("WAITAOF", 1, 0, 2000)
    server.kill()
    server.start()
    with Redis.from_url(server.url) as client:
        assert client.lrange("turns", 0, -1) == [b"1"]
    server.stop()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends children with a killed parent")
def test_embedded_redis_ends_with_a_killed_parent(tmp_path: Path) -> None:
    script = (
        "import sys, os, signal, pathlib; from kern_inbox.run.embedded_redis import EmbeddedRedis;"
        "server = EmbeddedRedis(pathlib.Path(sys.argv[1])); server.start();"
        "print(server.process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    server_pid = int(done.stdout)
    for _ in range(500):
        status = Path(f"/proc/{server_pid}/stat")
        if not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            break
        subprocess.run(["sleep", "0.02"], check=True)
    else:
        pytest.fail("the server outlived its parent")


@pytest.mark.postgres
def test_postgres_url_leads_to_a_database_of_our_own(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute("SELECT current_user, current_database()").fetchone()
    assert row == ("kern", "kern")


WEB = ["uvicorn", "kern_inbox.asgi:application", "--port", "0"]
WORKER = ["celery", "--app", "kern_inbox", "worker", "--queues", "naming"]
SCHEDULER = ["manage", "scheduler"]


@pytest.mark.parametrize("command", [WEB, WORKER, SCHEDULER], ids=["web", "worker", "scheduler"])
def test_no_part_starts_without_a_usable_desk(command: list[str], tmp_path: Path, redis_url: str) -> None:
    variables = {"DEBUG": "1", "REDIS_URL": redis_url, "KERN_VAR": str(tmp_path), "KERN_DESK": "json:desk"}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "kern-inbox: KERN_DESK=json:desk: json has no desk."
    assert "Traceback" not in done.stderr


def test_the_web_server_stops_although_pages_are_open(installed: Path) -> None:
    """It was given no limit after which it breaks streams off: they end by themselves, or it never stops."""
    port = free_port()
    variables = {"DEBUG": "1", "KERN_VAR": str(installed), "KERN_DESK": "tests.kern_inbox.small_desk:desk"}
    environment = {"PATH": os.environ["PATH"], "LOG_LEVEL": "WARNING", **variables}
    web = [sys.executable, "-m", "uvicorn", "kern_inbox.asgi:application", "--port", str(port)]
    server = subprocess.Popen(web, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        with opened_stream(f"http://127.0.0.1:{port}") as stream:
            assert stream.readline() == b": open\n"
            server.send_signal(signal.SIGINT)
            stream.read()
        _nothing, said = server.communicate(timeout=60)
        assert "ERROR" not in said
        assert "Traceback" not in said
    finally:
        server.kill()


def test_the_web_server_ends_although_a_request_waits_for_the_database(installed: Path) -> None:
    """A thread that waits keeps Python from ending; the grace time does not ask it."""
    port = free_port()
    variables = {"DEBUG": "1", "KERN_VAR": str(installed), "KERN_DESK": "tests.kern_inbox.small_desk:desk"}
    environment = {"PATH": os.environ["PATH"], "LOG_LEVEL": "WARNING", "KERN_GRACE_SECONDS": "5", **variables}
    web = [sys.executable, "-m", "uvicorn", "kern_inbox.asgi:application", "--port", str(port)]
    server = subprocess.Popen([*web, "--timeout-graceful-shutdown", "1"], cwd=ROOT, env=environment)
    try:
        opened_stream(f"http://127.0.0.1:{port}").close()
        with closing(sqlite3.connect(installed / "inbox.sqlite3")) as writer:
            writer.execute("BEGIN IMMEDIATE")
            waits = Thread(target=write_in_vain, args=(port,))
            waits.start()
            # It waits once its connection is taken; how long the server would wait for it is the database's affair.
            subprocess.run(["sleep", "1"], check=True)
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)
            waits.join()
    finally:
        server.kill()


def write_in_vain(port: int) -> None:
    with suppress(OSError, HTTPException):
        urlopen(f"http://127.0.0.1:{port}/help/questions/", urlencode({"message": "Hello?", "name": "Lee"}).encode())


def opened_stream(address: str) -> HTTPResponse:
    """The stream of a customer's page, as soon as there is a server to open it at."""
    written = urlencode({"message": "Hello?", "name": "Kim"}).encode()
    for _ in range(600):
        with suppress(URLError):
            page = urlopen(f"{address}/help/questions/", written)
            stream: HTTPResponse = urlopen(f"{page.url}live/")
            return stream
        subprocess.run(["sleep", "0.1"], check=True)
    pytest.fail("the server does not answer")
