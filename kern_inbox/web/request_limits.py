"""Limits on requests, enforced before Django reads them: bodies, addresses, headers, slow senders.

Django keeps a request's whole body, in memory and then on disk, before any code of ours runs. So the limits stand here, in
front of it. What is refused is still answered by Django (`refused_requests`), so that it is logged, measured and looks like
every other answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import parse_cookie

from kern_inbox.processes.stopping import Application, Receive, Send

KIB = 1024
#: Most bytes of a body without credentials: a sign-in, a form after the session ended.
STRANGERS = 64 * KIB
#: From customers, who have no account: the longest text, each character as the longest escape there is, and the other fields.
CUSTOMERS = 1536 * KIB
#: From people and programs that bring a session cookie or a token. Not above FILE_UPLOAD_MAX_MEMORY_SIZE: beyond that Django
#: writes to disk.
KNOWN = 2560 * KIB
#: Doors by the beginning of their address: most bytes without and with a cookie or token.
DOORS = {
    "/api/": (STRANGERS, KNOWN),
    "/help/": (CUSTOMERS, CUSTOMERS),
    "/c/": (CUSTOMERS, CUSTOMERS),
    # Other systems: what they say is signed, not its door.
    "/hooks/": (CUSTOMERS, CUSTOMERS),
    "/accounts/": (STRANGERS, STRANGERS),
}
ELSEWHERE = (STRANGERS, KNOWN)
#: Most bytes of path and query, and of all headers.
LONGEST_ADDRESS, LARGEST_HEADERS = 16 * KIB, 64 * KIB
#: A body must have arrived so many seconds after it began, and one more for each so many bytes of it.
PATIENCE, BYTES_A_SECOND = 20.0, 4 * KIB
#: So many seconds what is still being sent is thrown away after a refusal: most clients read the answer only afterwards.
LINGER = 5.0
#: The key of a request's refusal in its scope.
REFUSAL = "kern.refusal"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why a request is not read: the response's status, and the limit that it broke (bytes.

    0 where there is none).
    """

    status: int
    most: int = 0


def limits_requests(application: Application, patience: float = PATIENCE) -> Application:
    """Wrap the application in the limits. A body must begin to arrive within `patience` seconds."""

    async def answer(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        refusal = _refusal_of_head(scope, headers)
        if refusal is None:
            body = _Body(receive, largest_body(_path(scope), headers), patience)
            await application(scope, body.receive, send)
            refusal = body.refusal
        if refusal is not None:
            lingering = _Lingering(receive, send, waits_for_us=b"expect" in headers)
            await application({**scope, REFUSAL: refusal}, lingering.receive, lingering.send)

    return answer


def largest_body(path: str, headers: Mapping[bytes, bytes]) -> int:
    """Return the largest allowed body of a request in bytes."""
    unknown, known = next((sizes for door, sizes in DOORS.items() if path.startswith(door)), ELSEWHERE)
    return known if _has_credentials(path, headers) else unknown


def _has_credentials(path: str, headers: Mapping[bytes, bytes]) -> bool:
    """Return whether there is a token or a session cookie; only the database knows whether it is valid."""
    if path.startswith("/api/"):
        return b"authorization" in headers
    return settings.SESSION_COOKIE_NAME in parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))


def _path(scope: Mapping[str, Any]) -> str:
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


def _refusal_of_head(scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> Refusal | None:
    """Return the refusal that the request's head alone gives, if any."""
    if len(scope.get("raw_path") or b"") + len(scope.get("query_string", b"")) > LONGEST_ADDRESS:
        return Refusal(414, LONGEST_ADDRESS)
    if sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEADERS:
        return Refusal(431, LARGEST_HEADERS)
    if headers.get(b"content-encoding", b"identity").strip().lower() not in (b"identity", b""):
        return Refusal(415)
    most = largest_body(_path(scope), headers)
    told = headers.get(b"content-length", b"").strip()
    # Servers check the number; what is none is counted while it comes. A number of 5,000 digits is too large, and slow to read.
    if told.isdigit() and (len(told) > 18 or int(told) > most):
        return Refusal(413, most)
    return None


@dataclass(slots=True)
class _Body:
    """A body that is counted while it arrives. Django sees a disconnect when it is too large or too slow."""

    _receive: Receive
    most: int
    patience: float
    refusal: Refusal | None = None
    _began: float = field(default_factory=time.monotonic)
    _size: int = 0
    _is_whole: bool = False

    async def receive(self) -> dict[str, Any]:
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout(self._seconds_left()):
                message = await self._receive()
        except TimeoutError:
            return self._refuse(Refusal(408))
        self._size += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        return self._refuse(Refusal(413, self.most)) if self._size > self.most else message

    def _seconds_left(self) -> float:
        return self._began + self.patience + self._size / BYTES_A_SECOND - time.monotonic()

    def _refuse(self, refusal: Refusal) -> dict[str, Any]:
        self.refusal = refusal
        return {"type": "http.disconnect"}


class _Lingering:
    """A request whose body is discarded: it looks empty, and its response ends once the client has stopped sending."""

    def __init__(self, receive: Receive, send: Send, *, waits_for_us: bool) -> None:
        self._receive, self._send, self._waits_for_us = receive, send, waits_for_us
        self._was_read = False

    async def receive(self) -> dict[str, Any]:
        if self._was_read:
            await asyncio.Event().wait()  # until the answer is out
        self._was_read = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        elif not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self._throw_away()
            message = {"type": "http.response.body"}
        await self._send(message)

    async def _throw_away(self) -> None:
        """Discard the rest of the body. Clients that wait for a `100 Continue` send nothing."""
        if self._waits_for_us:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while (await self._receive()).get("more_body", False):
                    pass
