"""How much a request may bring, through a real web server: what is too large is neither kept nor waited for."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from kern_inbox.asgi import pages
from kern_inbox.run.embedded_redis import free_port
from kern_inbox.web.request_limits import CUSTOMERS, KNOWN, LARGEST_HEADERS, LONGEST_ADDRESS, STRANGERS, limits_requests
from sessions_app.models import ApiToken, Queue
from tests.asgi_server import Server

ROOT = Path(__file__).parents[3]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TOKEN = {"Authorization": "Bearer kern_of_nobody"}
PIECE = b"x" * 65_536
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    running.start()
    yield running
    running.stop()


@contextmanager
def asked(server: Server, method: str, path: str, body: object = None, **headers: str) -> Iterator[HTTPResponse]:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    named = {"Host": "testserver", **{name.replace("_", "-"): value for name, value in headers.items()}}
    try:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, path, body, named, encode_chunked="Transfer-Encoding" in named)  # type: ignore[arg-type]
        yield connection.getresponse()
    finally:
        connection.close()


def said(server: Server, head: str, *pieces: bytes) -> tuple[int, str]:
    """The answer to bytes as they are, which no client would send: its status and its words."""
    address = urlsplit(server.url)
    with socket.create_connection((str(address.hostname), address.port or 0), timeout=30) as line:
        line.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        for piece in pieces:
            line.sendall(piece)
        answer = HTTPResponse(line)
        answer.begin()
        return answer.status, answer.read().decode()


@pytest.mark.parametrize(
    ("path", "most", "headers"),
    [
        ("/accounts/login/", STRANGERS, {}),
        ("/accounts/login/", STRANGERS, {"Cookie": "sessionid=x"}),
        ("/reports/", STRANGERS, {}),
        ("/admin/sessions_app/queue/1/change/", KNOWN, {"Cookie": "a=b; sessionid=x"}),
        ("/help/orders/", CUSTOMERS, {}),
        ("/c/secret/messages/", CUSTOMERS, {}),
        ("/api/sessions", STRANGERS, {"Cookie": "sessionid=x"}),
        ("/api/sessions", KNOWN, TOKEN),
        ("/nowhere", STRANGERS, {}),
    ],
)
def test_every_door_has_its_limit_and_says_it(server: Server, path: str, most: int, headers: dict[str, str]) -> None:
    for told in (most + 1, 200_000_000, int("9" * 18)):
        # The server would wait for all of it, so only the refusal lets this come back.
        with asked(server, "POST", path, b"", **headers, Content_Length=str(told)) as refused:
            assert refused.status == 413
            assert refused.headers["Connection"] == "close"
            assert refused.headers["X-Request-ID"]
            assert "default-src 'self'" in refused.headers["Content-Security-Policy"]
    with asked(server, "POST", path, b"x" * min(most, STRANGERS), **FORM, **headers) as read:
        assert read.status != 413
    pieces = (PIECE for _ in range(most // len(PIECE) + 1))
    with asked(server, "POST", path, pieces, **FORM, **headers, Transfer_Encoding="chunked") as refused:
        assert refused.status == 413


def test_an_error_says_how_much_is_allowed_to_programs_and_to_people(server: Server) -> None:
    with asked(server, "POST", "/api/sessions", b"", **TOKEN, Content_Length="9999999") as refused:
        error = json.loads(refused.read())["error"]
        assert (error["code"], error["fields"]) == ("too_large", {})
        assert "at most 2.5 MB" in error["message"]
    with asked(server, "POST", "/accounts/login/", b"", Content_Length="9999999") as refused:
        assert "at most 64.0 KB are read here" in refused.read().decode()
    with asked(server, "POST", "/help/orders/", b"", Content_Length="9999999") as refused:
        assert "a message may have 100,000 characters" in refused.read().decode()


def test_an_open_page_says_how_much_is_allowed_and_keeps_what_was_typed(server: Server) -> None:
    desk = {"Cookie": "sessionid=x", "HX-Request": "true"}
    compressed = {**desk, "Content-Encoding": "gzip", "Content-Length": "9"}
    for headers, status in (({**desk, "Content-Length": "9999999"}, 413), (compressed, 415)):
        with asked(server, "POST", "/sessions/a/messages/", b"", **headers) as refused:
            assert (refused.status, refused.headers["HX-Retarget"], refused.headers["HX-Reswap"]) == (
                status,
                "#toasts",
                "beforeend",
            )
            toast = refused.read().decode().strip()
            assert toast.startswith('<div class="toast"')
            assert ("at most 2.5 MB are read here" in toast) == (status == 413)


def test_the_longest_text_there_is_fits_through_every_door_for_texts() -> None:
    longest = len("%F0%9F%98%80") * 100_000 + 4_096
    assert longest < CUSTOMERS < KNOWN
    assert KNOWN <= settings.FILE_UPLOAD_MAX_MEMORY_SIZE  # beyond it Django writes to disk


def test_a_body_that_trickles_in_is_not_waited_for() -> None:
    server = Server(limits_requests(pages, patience=0.05))
    server.start()
    try:
        form = "POST /help/orders/ HTTP/1.1\nHost: testserver\nContent-Length: 500"
        assert said(server, form, b"message=")[0] == 408
        program = "POST /api/sessions HTTP/1.1\nHost: testserver\nAuthorization: Bearer x\nTransfer-Encoding: chunked"
        status, answer = said(server, program, b"1\r\n{\r\n")
        assert (status, json.loads(answer)["error"]["code"]) == (408, "too_slow")
    finally:
        server.stop()


def test_what_makes_no_sense_is_refused_before_anything_is_read(server: Server) -> None:
    with asked(server, "GET", f"/api/sessions?q={'x' * LONGEST_ADDRESS}", **TOKEN) as refused:
        assert (refused.status, json.loads(refused.read())["error"]["code"]) == (414, "too_large")
    with asked(server, "GET", f"/c/{'x' * LONGEST_ADDRESS}/") as refused:
        assert refused.status == 414
    with asked(server, "GET", "/accounts/login/", X_Large="x" * LARGEST_HEADERS) as refused:
        assert refused.status == 431
    with asked(server, "POST", "/api/sessions", b"\x1f\x8b", **TOKEN, Content_Encoding="gzip") as refused:
        assert (refused.status, json.loads(refused.read())["error"]["code"]) == (415, "unsupported")
    with asked(server, "POST", "/help/orders/", b"a=1", **FORM, Content_Encoding="identity") as read:
        assert read.status == 404


def test_a_client_that_asks_first_is_told_before_it_sends(server: Server) -> None:
    head = "POST /help/orders/ HTTP/1.1\nHost: testserver\nContent-Length: 200000000\nExpect: 100-continue"
    assert said(server, head)[0] == 413


def test_thousands_of_fields_and_parts_are_an_error_with_a_page(server: Server) -> None:
    Queue.objects.create(slug="orders", name="Orders", agent_id="desk")
    fields = "&".join(f"f{number}=" for number in range(2_000)).encode()
    parts = b"".join(b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nx\r\n' for _ in range(2_000))
    multipart = {"Content-Type": "multipart/form-data; boundary=b"}
    for body, headers in ((fields, FORM), (parts + b"--b--\r\n", multipart)):
        with asked(server, "POST", "/help/orders/", body, **headers) as refused:
            assert (refused.status, "Nothing was sent" in refused.read().decode()) == (413, True)
        csrf = f"csrftoken={'a' * 32}"
        with asked(server, "POST", "/accounts/login/", body[:STRANGERS], **headers, Cookie=csrf) as refused:
            assert refused.status == 400
            assert refused.headers["Content-Type"].startswith("text/html")


def test_json_that_is_only_meant_to_hurt_is_no_json(server: Server) -> None:
    queue = Queue.objects.create(slug="orders", name="Orders", agent_id="desk")
    _token, secret = ApiToken.make("limits", queues=[queue])
    for body in (b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000, b'{"queue": %s}' % (b"1" * 2_000_000), b'{"a": 1e999}'):
        with asked(server, "POST", "/api/sessions", body, Authorization=f"Bearer {secret}") as refused:
            assert (refused.status, json.loads(refused.read())["error"]["code"]) == (400, "bad_request")
    assert not queue.sessions.exists()


def test_200_mb_fill_neither_memory_nor_disk(installed: Path) -> None:
    """A process of its own, watched while the body comes with a length and without."""
    with own_process(installed) as process:
        send_all(process, "Content-Length: 1000000000", 2)  # whatever it loads on the way is loaded now
        before = memory_of(process.pid)
        for framing in ("Content-Length: 209715200", "Transfer-Encoding: chunked"):
            for path in ("/help/questions/", "/accounts/login/", "/api/sessions"):
                assert send_all(process, framing, 3_200, path).startswith(b"HTTP/1.1 413 ")
        assert memory_of(process.pid) - before < 12 * 2**20
        assert list((installed / "tmp").iterdir()) == []


class OwnProcess:
    def __init__(self, pid: int, port: int) -> None:
        self.pid, self.port = pid, port


@contextmanager
def own_process(folder: Path) -> Iterator[OwnProcess]:
    (folder / "tmp").mkdir()
    port = free_port()
    variables = {"DEBUG": "1", "KERN_VAR": str(folder), "TMPDIR": str(folder / "tmp"), "LOG_LEVEL": "WARNING"}
    environment = {"PATH": os.environ["PATH"], "KERN_DESK": "tests.kern_inbox.small_desk:desk", **variables}
    web = [sys.executable, "-m", "uvicorn", "kern_inbox.asgi:application", "--port", str(port), "--no-access-log"]
    process = subprocess.Popen(web, cwd=ROOT, env=environment)
    try:
        for _ in range(600):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            subprocess.run(["sleep", "0.1"], check=True)
        yield OwnProcess(process.pid, port)
    finally:
        process.kill()
        process.wait()


def send_all(process: OwnProcess, framing: str, pieces: int, path: str = "/help/questions/") -> bytes:
    """Send so many pieces, or as many as are taken; what was answered."""
    chunked = framing.endswith("chunked")
    piece = b"%x\r\n%s\r\n" % (len(PIECE), PIECE) if chunked else PIECE
    with socket.create_connection(("127.0.0.1", process.port), timeout=60) as line:
        line.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n".encode())
        with suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(pieces):
                line.sendall(piece)
        with suppress(ConnectionResetError):
            line.shutdown(socket.SHUT_WR)
        return line.recv(65_536)


def memory_of(pid: int) -> int:
    """The most memory the process ever had (bytes)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))
