"""One HTTP request of a webhook: a deadline for all of it, no redirects, and no more of the answer than is shown.

httpcore and not httpx: it follows no redirects, unpacks no compressed answer, reads no proxy from the environment, and lets us
open the connection ourselves, to an address that was checked.
"""

from __future__ import annotations

import functools
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore2

from sessions_app.webhooks.outgoing.addresses import ForbiddenAddressError, Target, UnknownHostError, checked_ips, target_of
from sessions_app.webhooks.outgoing.answers import KEPT, SECONDS, Answer

CONNECT_SECONDS = 5.0


class Sender:
    """Sends to one address and keeps the connection for the next request. Use it as a context manager."""

    def __init__(self, url: str, seconds: float = SECONDS) -> None:
        self._url = url
        self._seconds = seconds
        self._network = _CheckedNetwork()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_trusted(), max_connections=1, keepalive_expiry=30, network_backend=self._network
        )

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close()

    def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Send one request. Never raises: what went wrong is in the answer's `problem`."""
        began = time.monotonic()
        self._network.begin(began + self._seconds)
        try:
            self._network.target = target_of(self._url)
            answer = self._asked(body, headers)
        except ForbiddenAddressError:
            answer = Answer(problem="forbidden_address")
        except UnknownHostError:
            answer = Answer(problem="unknown_host")
        except httpcore2.TimeoutException:
            answer = Answer(problem="timeout")
        except (httpcore2.ConnectError, ssl.SSLError) as problem:
            answer = Answer(problem="no_tls" if isinstance(problem.__cause__ or problem, ssl.SSLError) else "no_connection")
        except (httpcore2.NetworkError, OSError):
            answer = Answer(problem="cut_off")
        except (httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, ValueError):
            answer = Answer(problem="no_http")
        return Answer(answer.status, answer.problem, answer.headers, answer.body, int((time.monotonic() - began) * 1000))

    def _asked(self, body: bytes, headers: dict[str, str]) -> Answer:
        told = [(name.encode(), value.encode()) for name, value in {**headers, "Content-Length": str(len(body))}.items()]
        with self._pool.stream("POST", self._url, headers=told, content=body) as response:
            known = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers]
            return Answer(response.status, headers=known, body=_beginning(response))


@functools.lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def _beginning(response: Any) -> str:
    """Return the beginning of the answer's body. One that stops or drips changes nothing: the status has been said."""
    found = b""
    try:
        for part in response.iter_stream():
            found += part
            if len(found) >= KEPT:
                break
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, OSError):
        pass
    return found[:KEPT].decode("utf-8", "replace").replace("\x00", "�")


class _CheckedNetwork(httpcore2.NetworkBackend):
    """Opens connections to checked addresses alone, which all end at the request's deadline."""

    def __init__(self) -> None:
        self.target = Target("https", "", 443)
        self._sync = httpcore2.SyncBackend()
        self._deadline = 0.0

    def begin(self, deadline: float) -> None:
        """Set the deadline of the next request, by the monotonic clock."""
        self._deadline = deadline

    def left(self) -> float:
        """Return the seconds until the deadline. Raises `TimeoutException` when there are none."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the deadline of the request is over")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        ips = checked_ips(self.target)
        problem: Exception = UnknownHostError(host)
        for ip in ips:
            try:
                patience = min(CONNECT_SECONDS, self.left())
                return _Stream(self._sync.connect_tcp(ip, port, timeout=patience, socket_options=socket_options or []), self)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failed:
                problem = failed
        raise problem


class _Stream(httpcore2.NetworkStream):
    """A connection whose every step ends at the deadline of the request that uses it."""

    def __init__(self, stream: httpcore2.NetworkStream, network: _CheckedNetwork) -> None:
        self._stream = stream
        self._network = network

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._network.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In parts: each send may wait for as long as its timeout allows.
        for start in range(0, len(buffer), 65_536):
            self._stream.write(buffer[start : start + 65_536], self._network.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._network.left()), self._network)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
