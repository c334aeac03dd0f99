"""Whatever id a session has, there is one address where it is, through a real web server, for programs and for people."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from urllib.parse import quote, urlencode, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from sessions_app.actions import sessions
from sessions_app.api import api
from sessions_app.models import ApiToken, Message, Person, Queue, Session
from sessions_app.validation.addresses import BELOW_SESSION, from_address, has_plain_address, in_address
from tests.asgi_server import Server

IDS = [
    "user_123/session 456",
    "user_123_session_456",
    "a/b",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "...",
    "a/../b",
    "./a",
    "a/messages",
    "messages",
    "a/tickets/7",
    "a?b=c&d",
    "a#b",
    "100%",
    "%2e%2e",
    "a%2Fb",
    "a\\..\\b",
    "~",
    "~YQ",
    "-",
    "by:id",
    "a;b=c",
    "a+b",
    "<b>'\"",
    "Grüße/сессия/会話/👨‍👩‍👧",
    "a\nb",
    " a ",
    "x" * 200,
    "👍" * 200,
    "\u202ea",
    "search",
    "openapi.json",
]


@pytest.fixture
def server(rows: None, settings: Settings) -> Iterator[str]:
    """The host and port of a real web server."""
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    settings.REDIS_URL = ""
    thread = Server()
    thread.start()
    while not thread.server.started:
        time.sleep(0.01)
    yield urlsplit(thread.url).netloc
    thread.stop()


def ask(server: str, method: str, address: str, headers: dict[str, str], body: str | None = None) -> tuple[int, str]:
    """Send the address as it stands, without a client's own ideas about it."""
    line = http.client.HTTPConnection(server, timeout=30)
    line.request(method, address, body, {**headers, "Content-Type": "application/json"})
    answer = line.getresponse()
    said = answer.read().decode()
    line.close()
    return answer.status, said


def test_every_id_is_reached_by_programs_and_people(server: str, orders: Queue, ana: Person, client: Client) -> None:
    token = {"Authorization": f"Bearer {ApiToken.make('a script', ana)[1]}"}
    client.force_login(ana)
    cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
    for key in IDS:
        Session.objects.create(session_id=key, queue=orders)
        address = reverse("api:get_session", args=[key])
        status, said = ask(server, "GET", address, token)
        assert (status, Session.objects.get(session_id=key).session_id) == (200, key), (key, address, said[:200])
        assert f'"address": "{address}"' in said
        status, said = ask(server, "POST", f"{address}/messages", token, '{"content": "Hello"}')
        assert (status, Message.objects.latest("pk").session.session_id) == (201, key), (key, said[:200])
        status, said = ask(server, "GET", f"/api/sessions?{urlencode({'session_id': key})}", token)
        assert f'"address": "{address}"' in said
        for page in (reverse("conversation", args=["open", key]), reverse("session-timeline", args=[key])):
            status, said = ask(server, "GET", page, cookie)
            assert (status, "Hello" in said) == (200, True), (key, page)


def test_a_program_may_write_any_id_the_encoded_way(server: str, orders: Queue, ana: Person) -> None:
    token = {"Authorization": f"Bearer {ApiToken.make('a script', ana)[1]}"}
    sessions.start_session(orders, session_id="plain")
    assert ask(server, "GET", "/api/sessions/~cGxhaW4", token)[0] == 200
    assert ask(server, "GET", "/api/sessions/~cGxhaW4/messages", token)[0] == 200
    for broken in ("~", "~!", "~_w", "~AA", "~cGxhaW4x"):
        assert ask(server, "GET", f"/api/sessions/{broken}", token)[0] == 404


def test_an_address_leads_to_one_id_and_back() -> None:
    assert [from_address(in_address(key)) for key in IDS] == IDS
    assert len({in_address(key) for key in IDS}) == len(IDS)
    assert in_address("user_123/session 456") == "user_123/session 456"
    assert all(quote(in_address(key), safe="/:@;+&='!$()*,~").isascii() for key in IDS)


def test_no_id_is_the_address_of_something_else() -> None:
    prefix = "/api/sessions/{session_id}/"
    paths = api.get_openapi_schema(path_prefix="/api/")["paths"]
    below = {path.removeprefix(prefix) for path in paths if path.startswith(prefix)}
    assert {name.partition("/{")[0] for name in below} == BELOW_SESSION
    assert not any(has_plain_address(f"s/{name.format(link_id=7, label_id=7)}") for name in below)
    assert all(
        has_plain_address(name)
        for name in (*BELOW_SESSION, "messages/s", "s/messages/7", "tickets/7", "labels/7", "s/tickets-7")
    )
