"""Whoever asks cannot choose the address that limits count by: no proxy is believed unless TRUSTED_PROXIES says so."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from kern_inbox.run.embedded_redis import free_port
from kern_inbox.run.parts import web_command
from sessions_app.ratelimit import address_of
from tests.story.program import FOREIGN, eventually

ROOT = Path(__file__).parents[3]


@pytest.fixture
def port(installed: Path) -> Iterator[int]:
    """The web process alone, as `make run` starts it."""
    number = free_port()
    own = {"DEBUG": "1", "KERN_VAR": str(installed), "REDIS_URL": "", "FORWARDED_ALLOW_IPS": "*"}
    environment = {**{name: value for name, value in os.environ.items() if name not in FOREIGN}, **own}
    with subprocess.Popen(web_command("127.0.0.1", number), cwd=ROOT, env=environment) as process:
        try:
            eventually("the web server is up", lambda: status(number, "GET", "/health/live/") == 200)
            yield number
        finally:
            process.terminate()


def status(port: int, method: str, path: str, body: str = "", **headers: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body or None, {name.replace("_", "-"): text for name, text in headers.items()})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


@pytest.mark.timeout(240)
def test_a_made_up_forwarding_header_from_this_machine_is_another_address_for_nobody(port: int) -> None:
    answers = [
        status(port, "GET", "/api/queues", Authorization=f"Bearer kern_{number}", X_Forwarded_For=f"10.0.{number}.7")
        for number in range(121)
    ]
    assert set(answers) == {401, 429}


def test_every_way_to_start_the_web_server_believes_no_header() -> None:
    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    for command in (shlex.split(procfile["web"]), web_command("127.0.0.1", 8000)):
        assert "--no-proxy-headers" in command
        assert "--forwarded-allow-ips" not in command


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "10.0.0.7", "192.0.2.1"),
        (1, "10.0.0.7", "10.0.0.7"),
        (1, "203.0.113.9, 10.0.0.7", "10.0.0.7"),
        (2, "203.0.113.9, 10.0.0.7", "203.0.113.9"),
        (2, "10.0.0.7", "192.0.2.1"),
        (1, "nonsense", "192.0.2.1"),
        (1, None, "192.0.2.1"),
    ],
)
def test_an_address_is_what_the_trusted_proxies_say(settings: Settings, proxies: int, header: str | None, address: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    headers = {} if header is None else {"X-Forwarded-For": header}
    assert address_of(RequestFactory().get("/", headers=headers, REMOTE_ADDR="192.0.2.1")) == address
