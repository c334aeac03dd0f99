"""One connection: routes, errors, and sending a reply as a stream or at once."""

from __future__ import annotations

import contextlib
import json
import select
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, cast

from tests.responses_server.script import Cut, Endless, ErrorReply, Garbage, Hang, Reply, Slow
from tests.responses_server.validation import Rejected
from tests.responses_server.wire import Json, Spoken, endless_piece, speak

if TYPE_CHECKING:
    from tests.responses_server.habits import Habits, Raw
    from tests.responses_server.server import ResponsesServer

TYPES = {401: "invalid_request_error", 429: "rate_limit_error"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise each small event waits for the acknowledgement of the one before, about 40 ms.
    disable_nagle_algorithm = True

    @property
    def house(self) -> ResponsesServer:
        return cast("ResponsesServer", self.server.responses)  # type: ignore[attr-defined]

    @property
    def habits(self) -> Habits:
        return self.house.habits

    def setup(self) -> None:
        super().setup()
        self.house.opened(self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.house.closed(self.connection)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: tests read what the server recorded."""

    def do_GET(self) -> None:
        self.house.attempted()
        if self._is_of_batches("GET", b""):
            return None
        if self.path.split("?")[0] != "/v1/models":
            return self._send_error(404, f"Invalid URL (GET {self.path})")
        from tests.responses_server.server import MODELS

        models = [{"id": name, "object": "model", "created": 0, "owned_by": "local"} for name in self.house.models or MODELS]
        return self._send_json(200, {"object": "list", "data": models})

    def do_POST(self) -> None:
        self.house.attempted()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._is_of_batches("POST", body):
            return None
        if self.path.split("?")[0] != "/v1/responses":
            return self._send_error(404, f"Invalid URL (POST {self.path})")
        if not self._is_let_in():
            return self._send_error(401, "Incorrect API key provided.", code="invalid_api_key")
        try:
            request = self._read(body)
        except Rejected as refused:
            self.house.rejections.append(str(refused))
            return self._send_error(refused.status, str(refused), code=refused.code, param=refused.param)
        if self.house.models and request["model"] not in self.house.models:
            return self._send_error(
                404, f"The model '{request['model']}' does not exist.", code="model_not_found", param="model"
            )
        return self._answer(self.house.reply_to(request), request)

    def _is_of_batches(self, method: str, body: bytes) -> bool:
        """Answer what is about files and batches; return whether it was."""
        answer = self.house.batches.handle(method, self.path.split("?")[0], body)
        if answer is None:
            return False
        status, content = answer
        if isinstance(content, bytes):
            self._send(status, content, "application/octet-stream")
        else:
            self._send_json(status, content)
        return True

    def _read(self, body: bytes) -> Json:
        try:
            request = json.loads(body)
        except ValueError:
            raise Rejected("We could not parse the JSON body of your request.") from None
        if isinstance(request, dict):
            self.house.asked(request, {name.lower(): value for name, value in self.headers.items()})
        return self.habits.check(request)

    def _is_let_in(self) -> bool:
        scheme, _, key = (self.headers.get("Authorization") or "").partition(" ")
        return scheme == "Bearer" and bool(key) and self.house.api_key in (None, key)

    def _answer(self, reply: Reply, request: Json) -> None:
        if isinstance(reply, ErrorReply):
            moved = {"Location": reply.location} if reply.location else {}
            return self._send_error(
                reply.status, reply.message, code=reply.code, retry_after=reply.retry_after, more_headers=moved
            )
        if isinstance(reply, Garbage):
            return self._send(200, reply.body, reply.content_type)
        if isinstance(reply, Slow):
            self._pause(reply.seconds)
        if isinstance(reply, Hang) and reply.after_events == 0:
            return self._hang()
        if isinstance(reply, Endless):
            return self._go_on_for_ever(reply)
        spoken = speak(reply, request)
        if raw := self.habits.raw(spoken):
            return self._send_raw(raw)
        if not request.get("stream"):
            return self._send_json(200, spoken.response())
        return self._send_stream(reply, spoken)

    def _begin_stream(self) -> None:
        self.send_response(200)
        self._send_headers(self.habits.headers)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._write(self.habits.greeting)

    def _go_on_for_ever(self, reply: Endless) -> None:
        self._begin_stream()
        while not self.house.closing.wait(reply.every):
            self._write(endless_piece(reply))
        self._drop()

    def _send_stream(self, reply: Reply, spoken: Spoken) -> None:
        self._begin_stream()
        last = reply.after_events if isinstance(reply, Cut | Hang) else None
        for event in _first(self.habits.events(spoken), last):
            if event.get("type", "").endswith(".delta"):
                self._pause(spoken.delay)
            self._write(self.habits.frame(event))
        if isinstance(reply, Hang):
            self._hang()
        elif isinstance(reply, Cut) and not reply.clean:
            self._drop()
        else:
            self._write(self.habits.farewell)
            self.wfile.write(b"0\r\n\r\n")

    def _write(self, data: bytes) -> None:
        """Write a part of the body, in as many pieces as the server's habits make of it."""
        if data:
            for piece in self.habits.pieces(data):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))

    def _send_raw(self, raw: Raw) -> None:
        self.send_response(raw.status)
        headers = {"Content-Type": raw.content_type, "Content-Length": str(raw.length or len(raw.body)), **raw.headers}
        self._send_headers(headers)
        self.end_headers()
        self.wfile.write(raw.body)
        if raw.length:
            self._drop()

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self.house.closing.wait(seconds)

    def _hang(self) -> None:
        """Send nothing until the client is gone or the server closes."""
        while not self.house.closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.05)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                break
        self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send_error(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | str | None = None,
        more_headers: dict[str, str] | None = None,
    ) -> None:
        kind = TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
        headers = {} if retry_after is None else self.habits.retry_headers(retry_after)
        headers = {**headers, **(more_headers or {})}
        body = self.habits.error(status, {"message": message, "type": kind, "param": param, "code": code})
        if isinstance(body, str):
            self._send(status, body.encode(), "text/html", headers)
        else:
            self._send_json(status, body, headers)

    def _send_json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), "application/json", headers)

    def _send(self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self._send_headers({**self.habits.headers, **(headers or {})})
        self.end_headers()
        self.wfile.write(body)

    def _send_headers(self, headers: dict[str, str]) -> None:
        for name, value in headers.items():
            self.send_header(name, value)


def _first(events: Iterator[Json], count: int | None) -> Iterator[Json]:
    """The first `count` events, or all."""
    for number, event in enumerate(events):
        if count is not None and number >= count:
            return
        yield event
