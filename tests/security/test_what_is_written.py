"""Everything the running program writes is searched for every secret that it was given: none may be found."""

from __future__ import annotations

import http.client
import json
import re
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import FileIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.story.program import Program, eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

MODEL_KEY = "sk-model-key-0123456789abcdef"
METRICS_TOKEN = "metrics-token-0123456789abcdef"
SECRET_KEY = "secret-key-of-this-installation-0123456789"
DATABASES = ("inbox.sqlite3", "inbox.sqlite3-wal", "inbox.sqlite3-shm")


class Visitor:
    """Somebody with a browser or a program: sends requests as they are, follows nothing, keeps cookies."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: str | bytes = "", **headers: str) -> tuple[int, str, dict[str, str]]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        with closing(http.client.HTTPConnection("127.0.0.1", self.program.port, timeout=30)) as connection:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie") or []:
                self.cookies |= {name: cookie.value for name, cookie in SimpleCookie(line).items()}
            return answer.status, answer.read().decode(errors="replace"), {n.lower(): v for n, v in answer.headers.items()}

    def post(self, path: str, form: dict[str, str], **headers: str) -> tuple[int, str, dict[str, str]]:
        content = {"Content_Type": "application/x-www-form-urlencoded", **headers}
        return self.ask("POST", path, urlencode(form), **content)


class RefusingModel(BaseHTTPRequestHandler):
    """A model's server that knows no key, and repeats it in what it says."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        said = {"error": {"message": f"Incorrect API key provided: {self.headers['Authorization']}", "code": "invalid"}}
        body = json.dumps(said).encode()
        self.send_response(401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_line: Any) -> None:
        """It says nothing of its own."""


@pytest.fixture
def model() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), RefusingModel)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_no_secret_is_found_in_anything_that_the_program_wrote(
    tmp_path: Path, demo_tables: Path, level: str, model: str
) -> None:
    settings = {"OPENAI_API_KEY": MODEL_KEY, "OPENAI_BASE_URL": model, "METRICS_TOKEN": METRICS_TOKEN, "SECRET_KEY": SECRET_KEY}
    with Program(tmp_path, demo_tables, LOG_LEVEL=level, **settings) as program:
        redis_password = _redis_password(program)
        secrets = {"SECRET_KEY": SECRET_KEY, "model key": MODEL_KEY, "METRICS_TOKEN": METRICS_TOKEN}
        secrets["Redis password"] = redis_password
        eventually("the demo's people were named", lambda: re.search(r"ana@desk\.example\s+\S+ ", program.log))
        password = program.password_of("ana@desk.example")
        token = program.manage("make_api_token", "robot", "--for", "ana@desk.example").split()[-1]
        secrets["API token"] = next(word for word in token.split() if word.startswith("kern_"))
        secrets |= visit_as_a_customer(Visitor(program))
        secrets |= visit_as_a_program(Visitor(program), secrets["API token"], secrets["link"])
        secrets |= visit_as_ana(Visitor(program), password)
        secrets |= knock_at_closed_doors(Visitor(program))
        secrets |= break_the_database(tmp_path, Visitor(program), secrets["link"])
        eventually("a turn that the model's server refused", lambda: "401" in program.log or "Incorrect" in program.log)
        measured = Visitor(program).ask("GET", "/metrics", Authorization=f"Bearer {METRICS_TOKEN}")[1]
        assert "kern_http_request_seconds" in measured
    written = {"the log": program.log, "/metrics": measured, **files_in(tmp_path)}
    found = [(what, where) for what, secret in secrets.items() for where, text in written.items() if secret in text]
    assert found == []
    # It is told once, when the demo is made.
    assert program.log.count(password) == 1
    assert re.search(r"/c/\[secret [0-9a-f]{8}\]/ 200", program.log)


def visit_as_a_customer(customer: Visitor) -> dict[str, str]:
    """Every address below a secret link, at every status that can be had of it."""
    _status, page, _headers = customer.ask("GET", "/help/bookings/")
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    begun = {"name": "Kim", "email": "", "message": "Where is my booking H3WR2T?", "key": key[1]}
    status, _page, headers = customer.post("/help/bookings/", begun)
    assert status == 303
    link = headers["location"]
    secret = link.split("/")[2]
    expected = {
        ("GET", link): 200,
        ("HEAD", link): 200,
        ("GET", link.rstrip("/")): 301,
        ("GET", f"/{link}"): 404,
        ("GET", f"{link}nothing/"): 404,
        ("GET", f"/api{link}"): 404,
        ("GET", f"/C/{secret}/"): 404,
        ("GET", f"{link}timeline/?secret={secret}"): 200,
        ("DELETE", link): 405,
        ("PUT", f"{link}messages/"): 405,
        ("GET", f"{link}messages/"): 303,
        ("POST", f"{link}messages/"): 422,
        ("GET", f"/accounts/login/?next={link}"): 200,
        ("GET", f"/open/?q={secret}"): 302,
    }
    for (method, path), status in expected.items():
        assert customer.ask(method, path, Referer=f"http://localhost{link}")[0] == status, (method, path)
    assert customer.ask("GET", link, Host="elsewhere.example")[0] == 400
    assert customer.post(f"{link}messages/", {"message": "x" * 2_700_000})[0] == 413
    assert customer.post(f"{link}messages/", {"message": f"My link is http://localhost{link} by the way"})[0] == 303
    for target in (f"{link}\x01", f"{link}%00", f"{link}\xff"):
        lines = [f"GET {target} HTTP/1.1", "Host: localhost", f"X-Request-ID: {secret}", "Connection: close", "", ""]
        raw(customer.program, "\r\n".join(lines))
    return {"link": secret, "key of the first form": key[1]}


def visit_as_a_program(program: Visitor, token: str, link: str) -> dict[str, str]:
    """A token that is good, wrong, in the wrong place and of the wrong kind."""
    assert program.ask("GET", "/api/sessions", Authorization=f"Bearer {token}")[0] == 200
    assert program.ask("GET", f"/api/sessions/{token}", Authorization=f"Bearer {token}")[0] == 404
    assert program.ask("GET", f"/api/sessions?token={token}", Authorization=f"Bearer {token}")[0] in (403, 422)
    assert program.ask("POST", "/api/sessions", f'{{"{token}": "{link}"}}', Authorization=f"Bearer {token}")[0] in (403, 422)
    wrong = f"kern_{token[5:][::-1]}"
    for header in (f"Bearer {wrong}", f"Basic {wrong}", f"Token {token}", token, f"Basic {token}"):
        assert program.ask("GET", "/api/sessions", Authorization=header)[0] == 401
    assert program.ask("GET", f"/api/{token}/", Authorization=f"Bearer {token}")[0] in (401, 404)
    return {"API token, wrong": wrong}


def visit_as_ana(ana: Visitor, password: str) -> dict[str, str]:
    """Sign in, wrongly first; a form without its CSRF token; sign out."""
    wrong = "a-wrong-password-of-ana"
    assert ana.ask("GET", "/accounts/login/")[0] == 200
    first = dict(ana.cookies)
    for attempt in (wrong, password):
        form = {"login": "ana@desk.example", "password": attempt, "csrfmiddlewaretoken": ana.cookies["csrftoken"]}
        status = ana.post("/accounts/login/", form, Referer=f"{ana.program.address}/accounts/login/")[0]
        assert status == (302 if attempt == password else 200)
    assert ana.ask("GET", "/open/")[0] == 200
    assert ana.ask("GET", "/admin/sessions_app/apitoken/")[0] == 200
    assert ana.post("/profile/", {"password": wrong, "csrfmiddlewaretoken": "x" * 64})[0] == 403
    assert ana.ask("GET", f"/open/{ana.cookies['sessionid']}/")[0] == 404
    cookies = {f"{name} of Ana": value for name, value in ana.cookies.items() if len(value) >= 20}
    return {"wrong password": wrong, "session cookie": ana.cookies["sessionid"], "first CSRF": first["csrftoken"], **cookies}


def knock_at_closed_doors(stranger: Visitor) -> dict[str, str]:
    """Links of mails, as somebody opens them who got them."""
    reset, confirmation = "cs1f2a-5d0e8f1a2b3c4d5e6f708192a3b4c5d6", "MQ:1sAbCd:Zx0-9YwVu8TsRq7PoNm6LkJi5HgFe4"
    for path in (f"/accounts/password/reset/key/1-{reset}/", f"/accounts/confirm-email/{confirmation}/"):
        for address in (path, path.rstrip("/"), f"{path}x/", f"/accounts/login/?next={path}"):
            assert stranger.ask("GET", address)[0] < 500
    return {"reset link": reset, "confirmation link": confirmation}


def break_the_database(folder: Path, customer: Visitor, secret: str) -> dict[str, str]:
    """A row that is refused (500) and a table that is away (503): what is reported of them tells no link either."""
    unknown = secret[::-1]
    with closing(sqlite3.connect(folder / "inbox.sqlite3", timeout=30)) as database:
        database.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON sessions_app_message BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
        database.commit()
        status, page, _headers = customer.post(f"/c/{secret}/messages/", {"message": "Are you there?"})
        database.execute("DROP TRIGGER refuse")
        database.execute("ALTER TABLE sessions_app_formerlink RENAME TO away")
        database.commit()
        away = customer.ask("GET", f"/c/{unknown}/")[0]
        database.execute("ALTER TABLE away RENAME TO sessions_app_formerlink")
        database.commit()
    assert (status, away) == (500, 503)
    # The page of DEBUG names neither the link nor what this installation was configured with.
    assert not [known for known in (secret, SECRET_KEY, MODEL_KEY, METRICS_TOKEN) if known in page]
    return {"unknown link": unknown}


def raw(program: Program, request: str) -> bytes:
    """Send bytes that no client would send; returns the beginning of the answer."""
    with socket.create_connection(("127.0.0.1", program.port), timeout=10) as connection:
        connection.sendall(request.encode("latin-1"))
        return connection.recv(1000)


def files_in(folder: Path) -> dict[str, str]:
    """All that was written to files, but for the database."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in DATABASES]
    return {str(path.relative_to(folder)): path.read_bytes().decode("latin-1") for path in files}


def _redis_password(program: Program) -> str:
    """As the embedded Redis made it up: it stands in the memory of the program's processes, and in nothing they write."""
    pid = program.process_called("kern-web")
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights = line.split()[:2]
            first, last = (int(bound, 16) for bound in place.split("-"))
            if rights.startswith("rw") and (found := _password_within(memory, first, last)):
                return found
    raise AssertionError("no process has the address of the embedded Redis")


def _password_within(memory: FileIO, first: int, last: int) -> str | None:
    memory.seek(first)
    try:
        found = re.search(rb"redis://:([0-9a-f]{32})@127", memory.read(last - first))
    except OSError:
        # A region of the kernel's own.
        return None
    return found[1].decode() if found else None
