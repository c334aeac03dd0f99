"""Nothing that the program answers is stored by a browser, on any route; and cookies that no other host can plant."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.urls import URLPattern, URLResolver, get_resolver

from sessions_app.models import ApiToken, Person

ROOT = Path(__file__).parents[3]
#: Something for each part of an address; most lead to nothing, and what says so is not stored either.
PARTS: dict[str, Any] = {"pk": 1, "where": "open", "session_id": "none", "object_id": "1"}


def routes(resolver: Any, before: str = "") -> Iterator[str]:
    """All routes of the program, nested ones with what stands before them."""
    for entry in resolver.url_patterns:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, pattern)
        elif isinstance(entry, URLPattern):
            yield pattern


def address(route: str) -> str:
    """An address that the route may match: names in its brackets are filled in."""
    path = ""
    for piece in route.replace("^", "").replace("$", "").split("<"):
        if ">" in piece:
            inside, _, rest = piece.partition(">")
            path += str(PARTS.get(inside.rpartition(":")[2], "x")) + rest
        else:
            path += piece
    return f"/{path}"


@pytest.mark.django_db(transaction=True)
def test_no_answer_of_any_route_is_stored() -> None:
    ana = Person.objects.create_superuser("ana@example.com", "secret")
    _token, secret = ApiToken.make("every route", acts_for=ana)
    stranger, person, program = Client(), Client(), Client(headers={"Authorization": f"Bearer {secret}"})
    person.force_login(ana)
    # The stream does not end by itself; its own test looks at its header.
    addresses = [path for path in map(address, routes(get_resolver())) if path != "/live/"]
    assert len(addresses) > 150
    for path in sorted(addresses, key=lambda path: "logout" in path):
        for visitor in (stranger, program if path.startswith("/api/") else person):
            for answer in (visitor.get(path), visitor.post(path, {})):
                assert "no-store" in answer.headers.get("Cache-Control", ""), (path, answer.status_code)


@pytest.mark.django_db
def test_pages_of_trouble_are_not_stored_either(client: Client) -> None:
    assert client.get("/nowhere/").headers["Cache-Control"] == "no-store"
    assert client.get("/", headers={"Host": "evil.example"}).headers["Cache-Control"] == "no-store"


def test_static_files_may_be_kept() -> None:
    answer = async_to_sync(AsyncClient().get)("/static/mark.svg")
    assert "no-store" not in answer.headers["Cache-Control"]


def test_over_https_cookies_are_this_hosts_alone(tmp_path: Path) -> None:
    shown = (
        "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_HTTPONLY, s.CSRF_COOKIE_HTTPONLY, s.SESSION_COOKIE_SECURE"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "KERN_VAR": str(tmp_path),
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
        "ALLOWED_HOSTS": "inbox.example.com",
        "REDIS_URL": "redis://redis:6379/0",
    }
    command = [sys.executable, "-c", f"from kern_inbox import settings as s; print(({shown}))"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "('__Host-sessionid', '__Host-csrftoken', True, True, True)", done.stderr
