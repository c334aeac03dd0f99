"""A line of the log is one line, commands no terminal and tells no secret."""

from __future__ import annotations

import logging
import sys

import pytest
from django.test import Client
from pytest_django import Settings

from kern_inbox.logs import LineFormatter


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
    assert "Unexpected auth" in caplog.text
    assert "aHVudGVyMg" not in caplog.text
