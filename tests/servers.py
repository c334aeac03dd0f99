"""Real servers for tests: a temporary PostgreSQL cluster and the browser of this machine."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kern_inbox.run.embedded_redis import free_port

#: Bytes that a cluster of the tests may grow to, several times over.
ROOM_FOR_A_CLUSTER = 2 * 2**30
#: Chromium without windows, in a package of its own: tests with it took a quarter less of a processor.
WINDOWLESS = "chromium-headless-shell"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class MissingServerError(Exception):
    """This machine lacks a program that a test needs."""


def postgresql_programs() -> Path:
    """The folder of initdb and pg_ctl, newest version first. Raises `MissingServerError`."""
    on_path = shutil.which("pg_ctl")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    folders = [*versions, *([Path(on_path).resolve().parent] if on_path else [])]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise MissingServerError("PostgreSQL's server programs (initdb, pg_ctl) are not installed")


def chromium(*, as_people_use_it: bool = False) -> str:
    """The path of the system's Chromium: the cheapest, or the one with windows. Raises `MissingServerError`."""
    names = BROWSERS if as_people_use_it else (WINDOWLESS, *BROWSERS)
    for name in names:
        if found := shutil.which(name):
            return found
    raise MissingServerError("Chromium is not installed")


class TemporaryPostgresql:
    """A cluster of its own in a temporary folder, on a free port of 127.0.0.1; it never touches another one.

    PostgreSQL refuses to work as root, so root runs it as the user `postgres`. `in_memory` keeps its files on a memory disk
    where there is room: emptying tables between tests is mostly making files.
    """

    def __init__(self, *, in_memory: bool = False) -> None:
        self.programs = postgresql_programs()
        self.folder = Path(tempfile.mkdtemp(prefix="kern-postgresql-", dir=_memory_disk() if in_memory else None))
        self.port = free_port()
        self.as_user: str | None = "postgres" if os.geteuid() == 0 else None
        if self.as_user:
            owner = pwd.getpwnam(self.as_user)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)

    @property
    def url(self) -> str:
        """The URL of the database `kern`, as its owner, who may also make databases."""
        return f"postgresql://kern:kern@127.0.0.1:{self.port}/kern"

    def create(self) -> None:
        """Make the cluster and start it, with a role and a database `kern`."""
        password_file = self.folder / "password"
        password_file.write_text("kern")
        if self.as_user:
            shutil.chown(password_file, self.as_user)
        data = str(self.folder / "data")
        options = ["--username=kern", f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"]
        self._run("initdb", "-D", data, "--locale=C.UTF-8", *options)
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "kern", "kern", PGPASSWORD="kern")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c max_connections=200"
        )
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", log, "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; `immediate` is a crash."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", mode, "stop")

    def remove(self) -> None:
        """Stop and delete everything."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str, **variables: str) -> None:
        command = [str(self.programs / program), *arguments]
        done = subprocess.run(
            command,
            user=self.as_user,
            group=self.as_user,
            extra_groups=[] if self.as_user else None,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **variables},
            stdin=subprocess.DEVNULL,
            # A file and not a pipe: the server inherits it and would keep a pipe open for ever.
            stdout=(self.folder / "output").open("ab"),
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {(self.folder / 'output').read_text(errors='replace')[-500:]}")


def _memory_disk() -> Path | None:
    """A folder in memory with room for a cluster, or `None`."""
    disk = Path("/dev/shm")
    has_room = os.access(disk, os.W_OK) and shutil.disk_usage(disk).free > ROOM_FOR_A_CLUSTER
    return disk if has_room else None


@contextmanager
def temporary_postgresql(*, in_memory: bool = False) -> Iterator[TemporaryPostgresql]:
    """A running cluster that is gone after the block; `in_memory` as `TemporaryPostgresql`."""
    cluster = TemporaryPostgresql(in_memory=in_memory)
    try:
        cluster.create()
        yield cluster
    finally:
        cluster.remove()
