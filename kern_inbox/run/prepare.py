"""Prepare the start of the processes: tables, and in development the demo's data."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import StringIO

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections

from kern_inbox.run import LaunchError, checks, console
from sessions_app import desk


def prepare() -> list[str]:
    """Bring the database up to date; with DEBUG an empty one is filled with the demo. Raises `LaunchError`.

    Returns the lines that name the demo's people and their passwords, none where the database has people already.
    """
    told = StringIO()
    try:
        console.say("preparing the database …")
        call_command("migrate", interactive=False, verbosity=0)
        if settings.DEBUG:
            call_command("seed_demo", "--if-empty", stdout=told)
    except (CommandError, DatabaseError, desk.DeskError) as problem:
        raise LaunchError(f"the database cannot be prepared: {checks.one_line(problem)}") from None
    finally:
        connections.close_all()
    return told.getvalue().splitlines()


def describe_model() -> str:
    """Return a sentence about the model that answers customers."""
    if desk.is_offline():
        return "The offline responder answers; it is no language model. For one set OPENAI_API_KEY (and OPENAI_BASE_URL)."
    return f"{settings.KERN_MODEL} at {settings.OPENAI_BASE_URL} answers."


def announce(address: str, people: Sequence[str]) -> None:
    """Print the address, the model and, last, how to sign in: `people` are lines about the demo's people, made just now."""
    manage = f"{'DEBUG=1 ' if settings.DEBUG else ''}{sys.executable} manage.py"
    lines = ["", f"Kern Inbox is ready: {address}", describe_model(), "Ctrl-C stops everything.", ""]
    if people:
        lines += people
    elif settings.DEBUG:
        lines += [
            "Sign in as one of the demo's people, with the password shown when the database was made. A new password:",
            f"    {manage} changepassword ana@desk.example",
        ]
    else:
        lines += ["Sign in with your e-mail address. To make an account:", f"    {manage} createsuperuser"]
    introduce([*lines, ""])


def introduce(people: Sequence[str]) -> None:
    """Print the lines."""
    for line in people:
        console.say(line)
