"""A body of 200 MB is refused at the door: nothing of it is kept, in memory or on disk."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.security.conftest import ANA, Attacked

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

MEGABYTE = 1 << 20
BODY = 200 * MEGABYTE
#: How much the web process may grow while all of them are sent.
GROWTH = 40 * MEGABYTE


def memory(pid: int) -> int:
    """Resident bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files(pid: int) -> int:
    """Bytes in files that the process has open and that have no name any more: where bodies are spooled to."""
    sizes = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if "(deleted)" in os.readlink(link):  # noqa: PTH115 - the link's text is what is looked at
                sizes += link.stat().st_size
        except OSError:
            continue
    return sizes


def pieces() -> Iterator[bytes]:
    for _ in range(BODY // MEGABYTE):
        yield b"x" * MEGABYTE


@pytest.mark.parametrize("who", ["nobody", "Ana"])
@pytest.mark.parametrize("path", ["/accounts/login/", "/help/bookings/", "/api/sessions", "/profile/", "/admin/", "/nowhere/"])
def test_a_huge_body_is_refused_whole_or_in_pieces(attacked: Attacked, who: str, path: str) -> None:
    web = attacked.program.process_called("kern-web")
    sender = attacked.person(ANA) if who == "Ana" else attacked.nobody()
    sender.get("/accounts/login/")
    before = memory(web)
    for content in (b"x" * BODY, pieces()):
        try:
            answer = sender.client.post(path, content=content, headers={"Content-Type": "application/json"})
        except (httpx2.WriteError, httpx2.ReadError, httpx2.RemoteProtocolError):
            continue  # the connection was ended while it still came: refused, too
        assert answer.status_code in (401, 403, 404, 405, 413), answer.status_code
    assert open_files(web) < MEGABYTE
    assert memory(web) - before < GROWTH


def test_a_length_that_lies_waits_for_nothing_that_was_promised(attacked: Attacked) -> None:
    """Ten connections announce 200 MB each, send little and wait; others are still answered."""
    address = urlsplit(attacked.program.address)
    head = f"POST /api/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {BODY}\r\n\r\n{{".encode()
    waiting = [socket.create_connection((address.hostname or "", address.port or 0)) for _ in range(10)]
    try:
        for connection in waiting:
            connection.sendall(head)
        for connection in waiting:
            connection.settimeout(30)
            assert b" 413 " in connection.recv(64)
        assert attacked.nobody().get("/health/live/").status_code == 200
    finally:
        for connection in waiting:
            connection.close()
