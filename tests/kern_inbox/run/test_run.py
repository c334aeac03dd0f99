"""`make run` as people meet it: real processes, started, stopped, killed and started wrongly."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import URLError

import psycopg
import pytest

from kern.db.sqlite import SqliteDb
from kern_inbox.run.__main__ import address_of
from kern_inbox.run.embedded_redis import free_port
from kern_inbox.run.supervisor import MOST_RESTARTS

ROOT = Path(__file__).parents[3]
SMALL_DESK = "tests.kern_inbox.small_desk:desk"


class Program:
    """The program in a folder of its own, started as `make run` starts it; with a small desk if no other is named."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.port = int(variables.setdefault("PORT", str(free_port())))
        own = {"KERN_VAR": str(folder), "KERN_DESK": SMALL_DESK}
        environment = {"PATH": os.environ["PATH"], **own, **variables}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kern_inbox.run"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""

    def read_until(self, words: str) -> None:
        """Read on until these words were said; the test fails when the output ends before."""
        if words in self.output:
            return
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if words in line:
                return
        pytest.fail(f"the output ended without {words!r}:\n{self.output}")

    def read_line(self, words: str) -> None:
        """Read on until these words are said once more."""
        self.output = ""
        self.read_until(words)

    def wait(self) -> int:
        """Read to the end; the exit code."""
        assert self.process.stdout is not None
        self.output += self.process.stdout.read()
        return self.process.wait()

    def get(self, path: str) -> int:
        """The status of a page."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as response:
            return int(response.status)

    def wait_until_it_answers(self) -> None:
        """Wait until the web server is there."""
        while self.process.poll() is None:
            try:
                assert self.get("/health/live/") == 200
            except URLError:
                time.sleep(0.05)
            else:
                return

    def processes(self, name: str = "") -> list[int]:
        """Processes that belong to this program, by its folder in their environment; those of one name, if it is given.

        Valkey hides its own: see `redis`.
        """
        listed = subprocess.run(["ps", "axeww", "-o", "pid=,comm=,command="], capture_output=True, text=True, check=True).stdout
        lines = [line.split() for line in listed.splitlines() if f"KERN_VAR={self.folder}" in line]
        return [int(pid) for pid, its_name, *_ in lines if name in ("", its_name)]

    def part(self, name: str) -> int:
        """The process of this name; a new one has to say first what it is called."""
        while self.process.poll() is None:
            if found := self.processes(name):
                (part,) = found
                return part
            time.sleep(0.05)
        pytest.fail(f"the program ended without {name}:\n{self.output}")

    def redis(self) -> int | None:
        """The process of the embedded Redis, `None` when it is gone."""
        note = self.folder / "redis" / "valkey.pid"
        # On a full disk it could not write its number.
        if not note.exists() or not note.read_text():
            return None
        pid = int(note.read_text())
        listed = subprocess.run(
            ["ps", "ww", "-p", str(pid), "-o", "stat=,command="], capture_output=True, text=True, check=False
        ).stdout
        return pid if "valkey-server" in listed and not listed.startswith("Z") else None

    def is_gone(self) -> bool:
        """Whether nothing of it is left."""
        return self.processes() == [] and self.redis() is None


@contextmanager
def program(folder: Path, **variables: str) -> Iterator[Program]:
    """The program, gone after the block in any case."""
    started = Program(folder, **variables)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.wait()


def refused(folder: Path, **variables: str) -> str:
    """The one line with which the program refuses to start."""
    with program(folder, **variables) as wrong:
        assert wrong.wait() == 1, wrong.output
        assert "Traceback" not in wrong.output
        lines = [line for line in wrong.output.splitlines() if line.startswith("kern-inbox: ")]
        assert lines == wrong.output.splitlines()[-1:], wrong.output
        assert wrong.is_gone()
    return lines[0]


@pytest.mark.parametrize(
    ("how", "variables", "folder"),
    [(signal.SIGINT, {"KERN_DESK": ""}, "tmp_path"), (signal.SIGTERM, {}, "installed")],
    ids=["the demo for the first time, Ctrl-C", "a desk of one's own, SIGTERM"],
)
def test_it_starts_says_where_to_go_and_stops_cleanly(
    request: pytest.FixtureRequest, how: signal.Signals, variables: dict[str, str], folder: str
) -> None:
    with program(request.getfixturevalue(folder), **variables) as running:
        running.read_until("Kern Inbox is ready: http://127.0.0.1:")
        assert running.get("/health/live/") == 200
        assert running.get("/health/ready/") == 200
        assert running.get("/accounts/login/") == 200
        running.read_until("celery.apps.worker")
        running.process.send_signal(how)
        assert running.wait() == 0, running.output
        assert "offline responder" in running.output
        assert "ana@desk.example" in running.output
        assert running.output.index("celery.apps.worker") < running.output.index("Sign in as one of these people")
        assert "Traceback" not in running.output
        assert running.is_gone()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("::", "http://[::1]:8000"),
        ("inbox.local", "http://inbox.local:8000"),
    ],
)
def test_the_address_it_tells_can_be_typed(host: str, address: str) -> None:
    assert address_of(host, 8000) == address


def test_a_part_that_goes_on_dying_stops_the_rest(installed: Path) -> None:
    with program(installed) as running:
        running.read_until("Kern Inbox is ready")
        for restarts in range(MOST_RESTARTS + 1):
            os.kill(running.part("kern-scheduler"), signal.SIGKILL)
            if restarts < MOST_RESTARTS:
                running.read_line("scheduler was started again")
        assert running.wait() == 1
        assert "scheduler was killed by SIGKILL (its last lines are above); stopping the rest" in running.output
        assert running.is_gone()


def test_passwords_are_told_once_however_early_it_is_stopped(installed: Path) -> None:
    with program(installed, KERN_DESK="") as running:
        running.read_until("Connected to")
        running.process.send_signal(signal.SIGTERM)
        assert running.wait() == 0, running.output
        assert running.output.count("ana@desk.example") == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends children with a killed parent")
def test_when_it_is_killed_itself_nothing_stays_behind(installed: Path) -> None:
    with program(installed) as running:
        running.read_until("Kern Inbox is ready")
        running.process.kill()
        running.process.wait()
        for _ in range(200):
            if running.is_gone():
                break
            subprocess.run(["sleep", "0.1"], check=True)
        assert running.is_gone()


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert refused(tmp_path, PORT=str(port)).startswith(f"kern-inbox: port {port} is in use")


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"DATABASE_URL": "mysql://localhost/inbox"}, "DATABASE_URL must start with"),
        ({"DATABASE_URL": "postgresql://ana:secret@127.0.0.1:1/inbox"}, "DATABASE_URL: the database inbox at 127.0.0.1:1"),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"}, "DATABASE_URL: the database /nowhere/at/all.sqlite3"),
        ({"REDIS_URL": "redis://127.0.0.1:1/0"}, "REDIS_URL: no usable Redis there"),
        ({"KERN_DESK": "no_such_desk:desk"}, "KERN_DESK=no_such_desk:desk"),
        ({"KERN_DESK": "json:desk"}, "KERN_DESK=json:desk"),
        ({"LANGUAGE_CODE": "xx"}, "LANGUAGE_CODE must be one of the languages there are"),
        ({"DEBUG": "0"}, "SECRET_KEY is not set"),
    ],
)
def test_a_wrong_setting_is_one_line(tmp_path: Path, variables: dict[str, str], says: str) -> None:
    line = refused(tmp_path, **variables)
    assert says in line
    assert "secret" not in line


@pytest.mark.postgres
def test_a_wrong_password_of_the_database_is_one_line(tmp_path: Path, postgres_url: str) -> None:
    line = refused(tmp_path, DATABASE_URL=postgres_url.replace("kern:kern@", "kern:wrong-password@"))
    assert "password authentication failed" in line
    assert "wrong-password" not in line


def test_a_file_that_is_no_database_is_one_line_and_left_alone(tmp_path: Path) -> None:
    letter = tmp_path / "inbox.sqlite3"
    letter.write_text("Dear Ana, this is no database. " * 100)
    assert "is not a database" in refused(tmp_path)
    assert letter.read_text().startswith("Dear Ana")


def test_a_file_of_the_library_is_one_line_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "agent.db"
    SqliteDb(file).list_sessions()
    before = file.read_bytes()
    line = refused(tmp_path / "var", DATABASE_URL=f"sqlite:///{file}")
    assert f"the database {file} belongs to another program" in line
    assert file.read_bytes() == before


def test_a_file_of_another_program_keeps_even_its_journal(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "inbox.sqlite3")) as database:
        database.execute("CREATE TABLE invoices (number)")
    before = (tmp_path / "inbox.sqlite3").read_bytes()
    assert "it has a table invoices" in refused(tmp_path)
    assert (tmp_path / "inbox.sqlite3").read_bytes() == before


@pytest.mark.postgres
def test_a_database_of_another_program_is_one_line_without_the_password(tmp_path: Path, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as database:
        database.execute("CREATE TABLE invoices (number int)")
        line = refused(tmp_path, DATABASE_URL=postgres_url)
        database.execute("DROP TABLE invoices")
        tables = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert "it has a table invoices" in line
    assert "kern:kern" not in line
    assert tables == []


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "inbox.sqlite3").mkdir()
    assert "unable to open database file" in refused(tmp_path)


def test_a_database_of_a_newer_version_is_left_alone(installed: Path) -> None:
    row = ("sessions_app", "9999_tomorrow", "2030-01-01")
    with sqlite3.connect(installed / "inbox.sqlite3") as database:
        database.execute("INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)", row)
    line = refused(installed)
    assert "newer version" in line
    assert "9999_tomorrow" in line


@contextmanager
def model_server(status: int) -> Iterator[str]:
    """A server that answers every question with one status."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_refused_key_is_one_line_without_the_key(tmp_path: Path) -> None:
    with model_server(401) as url:
        line = refused(tmp_path, OPENAI_API_KEY="sk-not-a-key", OPENAI_BASE_URL=url)
    assert "OPENAI_API_KEY" in line
    assert "HTTP 401" in line
    assert "sk-not-a-key" not in line


def test_a_server_without_a_list_of_models_is_a_warning(installed: Path) -> None:
    with model_server(404) as url, program(installed, OPENAI_API_KEY="sk-some-key", OPENAI_BASE_URL=url) as running:
        running.read_until("the key could not be checked")
        assert "warning: " in running.output
        running.process.send_signal(signal.SIGINT)
        assert running.wait() == 0


def test_a_server_that_is_away_is_a_warning(installed: Path) -> None:
    away = {"OPENAI_BASE_URL": f"http://127.0.0.1:{free_port()}/v1", "KERN_MODEL": "house-model"}
    with program(installed, OPENAI_API_KEY="sk-some-key", **away) as running:
        running.read_until("house-model at http://127.0.0.1")
        assert "warning: " in running.output
        running.process.send_signal(signal.SIGINT)
        assert running.wait() == 0


@pytest.fixture(scope="module")
def alive(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program that runs while tests kill its parts, and stops cleanly after the last of them."""
    folder = tmp_path_factory.mktemp("alive")
    shutil.copy(tables, folder / "inbox.sqlite3")
    with program(folder) as running:
        running.read_until("Kern Inbox is ready")
        yield running
        running.process.send_signal(signal.SIGINT)
        assert running.wait() == 0, running.output
        assert running.is_gone()


@pytest.mark.parametrize("name", ["kern-worker", "kern-naming", "kern-web", "kern-scheduler"])
def test_a_part_that_dies_is_named_and_started_again(alive: Program, name: str) -> None:
    part = alive.part(name)
    os.kill(part, signal.SIGKILL)
    alive.read_line("was killed by SIGKILL (its last lines are above)")
    alive.read_until("was started again")
    if name in ("kern-worker", "kern-naming"):
        alive.read_until("celery.apps.worker")
    assert alive.part(name) != part
    alive.wait_until_it_answers()


def test_when_redis_dies_it_is_started_again_where_it_was(alive: Program) -> None:
    redis = alive.redis()
    assert redis is not None
    os.kill(redis, signal.SIGKILL)
    alive.read_line("redis was started again")
    assert alive.get("/health/ready/") == 200


def test_a_second_one_in_the_same_folder_is_refused(alive: Program) -> None:
    second = Program(alive.folder)
    assert second.wait() == 1
    assert "runs already" in second.output
