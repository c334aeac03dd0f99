"""A chat-completions server with the brain of the tests' Responses server: what stands behind a gateway.

It listens on 127.0.0.1 only. `heard` are the bodies it was asked, so that a report can say what a gateway kept of them.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast

from tests.responses_server.brain import think
from tests.responses_server.script import Calls, Text
from tests.responses_server.wire import words

Json = dict[str, Any]
MODEL = "gpt-5.2"


class ChatServer:
    """Serves `/v1/chat/completions` from construction to `close()`; use it with `with`."""

    def __init__(self, port: int = 0) -> None:
        self.heard: list[Json] = []
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.chat = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), name="chat-server", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def base_url(self) -> str:
        """What a gateway takes as the address of its upstream."""
        return f"http://127.0.0.1:{self.port}/v1"

    def close(self) -> None:
        """Stop listening."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def answer(request: Json) -> Json:
    """The assistant message that the brain gives to a chat request."""
    reply = think(_as_responses(request))
    if isinstance(reply, Calls):
        return {"role": "assistant", "content": reply.text or None, "tool_calls": [_call(*call) for call in reply.calls]}
    return {"role": "assistant", "content": cast(Text, reply).text}


def _as_responses(request: Json) -> Json:
    """The request as the brain reads it."""
    tools = [tool["function"] for tool in request.get("tools") or []]
    items = [item for message in request["messages"] for item in _items(message)]
    return {"input": items, "tools": tools, "tool_choice": request.get("tool_choice")}


def _items(message: Json) -> Iterator[Json]:
    if message["role"] == "tool":
        yield {"type": "function_call_output", "output": _text(message)}
        return
    if text := _text(message):
        yield {"type": "message", "role": message["role"], "content": text}
    for call in message.get("tool_calls") or []:
        yield {"type": "function_call", **call["function"]}


def _text(message: Json) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _call(name: str, arguments: Any) -> Json:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": {"name": name, "arguments": text}}


def _deltas(message: Json) -> Iterator[Json]:
    # Null beside calls, as OpenAI sends it.
    yield {"role": "assistant", "content": "" if message["content"] else None}
    for piece in words(message["content"]) if message["content"] else []:
        yield {"content": piece}
    for index, call in enumerate(message.get("tool_calls", [])):
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        yield {"tool_calls": [{**call, "index": index, "function": {"name": name, "arguments": ""}}]}
        for piece in (arguments[:8], arguments[8:]):
            if piece:
                yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    chat: ChatServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the report says what happened."""

    def do_GET(self) -> None:
        self._send({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "local"}]})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        cast(_Http, self.server).chat.heard.append(request)
        message = answer(request)
        finish = "tool_calls" if message.get("tool_calls") else "stop"
        head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": request.get("model", MODEL)}
        usage = {"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29}
        if not request.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": finish}
            self._send({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
            return
        chunk = {**head, "object": "chat.completion.chunk"}
        events = [{**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in _deltas(message)]
        events.append({**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        if (request.get("stream_options") or {}).get("include_usage"):
            events.append({**chunk, "choices": [], "usage": usage})
        self._stream(events)

    def _send(self, value: Json) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, events: list[Json]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in [*(json.dumps(event) for event in events), "[DONE]"]:
            data = f"data: {line}\n\n".encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")
