"""The HTTP side: one thread a connection, on 127.0.0.1 only."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.responses_server.batches import BatchOffice
from tests.responses_server.brain import think
from tests.responses_server.habits import Habits
from tests.responses_server.handler import Handler
from tests.responses_server.heard import transcript
from tests.responses_server.script import Brain, Reply, Script

MODELS = ("gpt-5.2", "gpt-5.2-mini", "gpt-4.1")


class ResponsesServer:
    """Serves from construction to `close()`; use it with `with`.

    `port` 0 takes a free one. `api_key`: only this one is let in (otherwise any). `models`: only these exist (otherwise any).
    `delay` is the built-in brain's, in seconds before each word. `habits` are those of a server (see `habits.named`), otherwise
    those of the documentation.

    `requests` are the JSON bodies of `POST /v1/responses` with a key, in order, refused ones too; `headers` theirs, lower case;
    `rejections` say why requests were refused as invalid; `attempts` counts every HTTP request, `replies` those for which a
    reply was taken from the script: what is planned from then on is for later ones. `batches` are its files and batches.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        api_key: str | None = None,
        models: tuple[str, ...] | None = None,
        delay: float = 0.0,
        habits: Habits | None = None,
    ) -> None:
        self.habits = habits or Habits()
        self.api_key = api_key
        self.models = models
        self.requests: list[dict[str, Any]] = []
        self.replies = 0
        self.headers: list[dict[str, str]] = []
        self.rejections: list[str] = []
        self.attempts = 0
        self.connections_made = 0
        self.script = Script(lambda request: think(request, delay))
        self.batches = BatchOffice(self.reply_to)
        self.closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._http = _Http(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), name="responses-server", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def base_url(self) -> str:
        """What goes into OPENAI_BASE_URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def heard(self) -> list[list[tuple[str, str]]]:
        """What a model behind a strict gateway heard of each request (see `heard`)."""
        return [transcript(request) for request in self.requests]

    @property
    def open_connections(self) -> int:
        with self._changed:
            return len(self._connections)

    def reply_with(self, *replies: Reply | Brain) -> None:
        """Give these replies, one a request, in place of whatever was planned; or ask one function `(request) -> Reply`.

        A request after the last planned reply gets a 400, so that a test notices.
        """
        self.script.use(*replies)

    def wait_for(self, condition: Callable[[ResponsesServer], bool], seconds: float = 10.0) -> bool:
        """Wait until the condition on this server holds (checked when a connection or request comes or goes)."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not condition(self):
                if not self._changed.wait(deadline - time.monotonic()):
                    return condition(self)
            return True

    def close(self) -> None:
        """Stop listening and break every connection, hanging ones too."""
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        with self._changed:
            for connection in list(self._connections):
                _break(connection)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    # For the handler ------------------------------------------------------------------------------------------------------

    def opened(self, connection: socket.socket) -> None:
        with self._changed:
            self._connections.add(connection)
            self.connections_made += 1
            self._changed.notify_all()

    def closed(self, connection: socket.socket) -> None:
        with self._changed:
            self._connections.discard(connection)
            self._changed.notify_all()

    def attempted(self) -> None:
        with self._changed:
            self.attempts += 1
            self._changed.notify_all()

    def asked(self, body: dict[str, Any], headers: dict[str, str]) -> None:
        with self._changed:
            self.requests.append(body)
            self.headers.append(headers)
            self._changed.notify_all()

    def reply_to(self, body: dict[str, Any]) -> Reply:
        reply = self.script.next(body)
        with self._changed:
            self.replies += 1
            self._changed.notify_all()
        return reply


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    # The default of 5 refuses connections as soon as many workers come at once.
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], responses: ResponsesServer) -> None:
        self.responses = responses
        super().__init__(address, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what several tests are about; anything else is printed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _break(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
