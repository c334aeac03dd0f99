"""A line of the log is one line, commands no terminal and tells no secret."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from kern_inbox.observability.logs import LineFormatter, StandardErrorHandler

ROOT = Path(__file__).parents[3]
LINK = "sVW9Q-sDSlHYbq2_W1yZkq7xGh0aBcDe"


def formatted(message: str, problem: str = "", *, fold_tracebacks: bool = True) -> str:
    """A message, and perhaps the traceback of a problem, as the log shows them."""
    formatter = LineFormatter(fold_tracebacks=fold_tracebacks)
    record = logging.LogRecord("kern", logging.ERROR, __file__, 1, "%s", (message,), None)
    if problem:
        try:
            raise ValueError(problem)
        except ValueError:
            record.exc_info = sys.exc_info()
    return formatter.format(record)


@pytest.mark.parametrize(
    ("character", "shown"),
    [
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\x1b", "\\x1b"),
        ("\0", "\\x00"),
        ("\x7f", "\\x7f"),
        ("\x9b", "\\x9b"),
        ("\u2028", "\\u2028"),
        ("\u202e", "\\u202e"),
    ],
)
def test_a_control_character_is_shown_and_not_obeyed(character: str, shown: str) -> None:
    line = formatted(f"GET /api/{character}[2J", f"no such {character} thing")
    assert character not in line
    assert f"GET /api/{shown}[2J" in line


def test_words_of_every_language_are_left_alone() -> None:
    assert "Grüße\t客服 🙂" in formatted("Grüße\t客服 🙂")


def test_a_traceback_for_people_keeps_its_lines() -> None:
    text = formatted("it failed", "a \x1b[2J b", fold_tracebacks=False)
    assert "\nTraceback (most recent call last):\n" in text
    assert "ValueError: a \\x1b[2J b" in text
    assert "\n" not in formatted("it failed", "one\ntwo")


@pytest.mark.django_db
def test_what_somebody_sends_to_be_let_in_is_never_logged(
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DEBUG = True
    assert client.get("/api/sessions", headers={"Authorization": "Basic aHVudGVyMg=="}).status_code == 401
    assert "aHVudGVyMg" not in caplog.text


@pytest.mark.parametrize("name", ["kern", "django.request", "uvicorn.error", "celery.worker", "redis", "asyncio", "made.up"])
def test_no_logger_tells_a_secret_whatever_handler_writes_its_lines(name: str) -> None:
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(message)s %(args)s"))
    logger = logging.getLogger(name)
    logger.addHandler(handler)
    try:
        raise ValueError("redis://:hunter2-hunter2@host/0 is away")
    except ValueError:
        logger.critical("GET /c/%s/", LINK, exc_info=True)
    finally:
        logger.removeHandler(handler)
    assert "GET /c/[secret " in written.getvalue()
    assert "redis://:[hidden]@host/0 is away" in written.getvalue()
    assert LINK not in written.getvalue()


def test_a_line_that_cannot_be_written_does_not_tell_its_arguments(capfd: pytest.CaptureFixture[str]) -> None:
    handler = StandardErrorHandler()
    handler.handle(logging.makeLogRecord({"name": "kern", "msg": "/c/%s/ and %s", "args": (LINK,)}))
    written = capfd.readouterr().err
    assert "a line of kern could not be logged" in written
    assert LINK not in written


def test_what_no_one_catches_is_logged_without_secrets_too() -> None:
    script = (
        "import os, sys, threading, warnings, django; os.environ.update(DEBUG='1', DJANGO_SETTINGS_MODULE='tests.settings');"
        "django.setup();"
        f"thread = threading.Thread(target=lambda: open('/c/{LINK}/')); thread.start(); thread.join();"
        f"warnings.warn('/c/{LINK}/'); raise ValueError('/c/{LINK}/')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert done.stderr.count("/c/[secret ") >= 3
    assert LINK not in done.stdout + done.stderr.replace(script, "")


def test_a_line_says_when_with_the_offset() -> None:
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d ERROR ", formatted("it failed"))
