"""Nothing that the program answers is stored by a browser, and cookies that no other host can plant.

That it holds on every route is seen where every route is asked, in `tests/sessions_app/queries/test_access.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

ROOT = Path(__file__).parents[3]


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
