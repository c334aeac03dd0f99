"""Another system's server for webhooks, as odd as those that public reports tell of.

It answers each request as the next of its habits says, the last one for ever:

- a status, with headers: 410 Gone for an endpoint that was removed, 429 and 503 with `Retry-After` in seconds, as a date or as
  nonsense (Cap-go/capgo.app 2244: an earlier try than it asked for);
- redirects, also to where we may not go (Cap-go/capgo.app 2200, backblaze-labs/genblaze 9);
- an answer of a gigabyte (TheThingsIndustries/lorawan-stack-docs 654), one that drips, one that never begins, a connection that
  is closed in the middle, words that are no HTTP.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Habit:
    """How one request is answered. `how`: whole, giant, drips, hangs, cuts or babbles."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    how: str = "whole"


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Receiver:
    """The running server: what it received, and how it answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.received: list[Received] = []
        self.connections = 0
        self.ends = threading.Event()
        self._habits: list[Habit] = [Habit()]

    def answers(self, *habits: Habit | int) -> None:
        """Answer like this from now on; a number is a status."""
        self._habits = [Habit(status=habit) if isinstance(habit, int) else habit for habit in habits]

    def next_habit(self) -> Habit:
        return self._habits.pop(0) if len(self._habits) > 1 else self._habits[0]

    @property
    def ids(self) -> Sequence[str]:
        """The ids of what was received, in order."""
        return [received.headers["webhook-id"] for received in self.received]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Run a receiver on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    state = _Handler.of[server.server_address[1]] = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hooks")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.ends.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    of: dict[int, Receiver] = {}
    protocol_version = "HTTP/1.1"

    @property
    def state(self) -> Receiver:
        return self.of[self.server.server_address[1]]  # type: ignore[index]  # an Internet address has a port

    def setup(self) -> None:
        super().setup()
        self.state.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.state.received.append(Received(self.path, headers, body))
        habit = self.state.next_habit()
        with suppress(OSError):
            getattr(self, f"_{habit.how}")(habit)

    def _whole(self, habit: Habit) -> None:
        self._head(habit, len(habit.body))
        self.wfile.write(habit.body)

    def _giant(self, habit: Habit) -> None:
        self._head(habit, 1 << 30)
        while not self.state.ends.is_set():
            self.wfile.write(b"x" * 65_536)

    def _drips(self, habit: Habit) -> None:
        """A line of the head now and then, for ever."""
        self.wfile.write(f"HTTP/1.1 {habit.status} OK\r\n".encode())
        number = 0
        while not self.state.ends.is_set():
            number += 1
            self.wfile.write(f"X-More-{number}: 1\r\n".encode())
            self.wfile.flush()
            time.sleep(0.02)

    def _hangs(self, habit: Habit) -> None:
        self.state.ends.wait()

    def _cuts(self, habit: Habit) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def _babbles(self, habit: Habit) -> None:
        self.wfile.write(b"220 mail.example.com ESMTP\r\n\r\n")
        self.close_connection = True

    def _head(self, habit: Habit, length: int) -> None:
        self.send_response(habit.status)
        for name, value in habit.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing to the screen of the tests."""
