"""Abort connections while they wait for the server, when the answer is no longer needed.

The SDK and its HTTP client know timeouts alone. So the sockets below them are wrapped: while a thread reads from one, the work
that it reads for (`kern.threads.cancellation.current`) may shut it down. The server notices, and stops generating.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import httpcore2
import httpx2

from kern.errors import ModelError
from kern.threads.cancellation import current
from kern.validation.sizes import MAX_RESPONSE_BYTES


def let_break_off(client: httpx2.Client) -> None:
    """Make the client's connections abortable, those through proxies too.

    Which transports a client has, and on which backend, is no public setting of it: without them requests end by themselves,
    at the latest after the read timeout.
    """
    transports = [getattr(client, "_transport", None), *getattr(client, "_mounts", {}).values()]
    for transport in transports:
        pool = getattr(transport, "_pool", None)
        backend = getattr(pool, "_network_backend", None)
        if pool is not None and isinstance(backend, httpcore2.NetworkBackend):
            pool._network_backend = _Backend(backend)


def count_bytes(response: httpx2.Response) -> None:
    """Limit the response: reading more than `MAX_RESPONSE_BYTES` of it raises `ModelError`."""
    if isinstance(response.stream, httpx2.SyncByteStream):
        response.stream = _Counted(response.stream)


class _Counted(httpx2.SyncByteStream):
    def __init__(self, inner: httpx2.SyncByteStream) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        room = MAX_RESPONSE_BYTES
        for piece in self._inner:
            room -= len(piece)
            if room < 0:
                text = f"the model did not come to an end: its server sent more than {MAX_RESPONSE_BYTES:,} bytes"
                raise ModelError(text, permanent=True, refused=False)
            yield piece

    def close(self) -> None:
        self._inner.close()


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, inner: httpcore2.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(self, *args: Any, **options: Any) -> httpcore2.NetworkStream:
        return _Stream(self._inner.connect_tcp(*args, **options))

    def connect_unix_socket(self, *args: Any, **options: Any) -> httpcore2.NetworkStream:
        return _Stream(self._inner.connect_unix_socket(*args, **options))

    def sleep(self, seconds: float) -> None:
        current().wait(seconds)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with current().on_cancel(self._shut_down):
            return self._inner.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with current().on_cancel(self._shut_down):
            self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        with current().on_cancel(self._shut_down):
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def _shut_down(self) -> None:
        connection = self._inner.get_extra_info("socket")
        with contextlib.suppress(OSError):
            # Of the plain socket also below TLS: the reader sees the end of the stream at once.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
