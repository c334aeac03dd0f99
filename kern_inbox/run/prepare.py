"""What has to be there before the processes start: tables, and in development something to look at."""

from __future__ import annotations

import sys

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections

from kern_inbox.run import LaunchError, checks, console
from sessions_app import desk


def prepare() -> None:
    """Bring the database up to date; with DEBUG an empty one is filled with the demo. Raises `LaunchError`."""
    try:
        call_command("migrate", interactive=False, verbosity=0)
        if settings.DEBUG:
            call_command("seed_demo", "--if-empty")
    except (CommandError, DatabaseError, desk.DeskError) as problem:
        raise LaunchError(f"the database cannot be prepared: {checks.one_line(problem)}") from None
    finally:
        connections.close_all()


def who_answers() -> str:
    """A sentence about what answers customers."""
    if desk.is_offline():
        return "The offline responder answers; it is no language model. For one set OPENAI_API_KEY (and OPENAI_BASE_URL)."
    return f"{settings.KERN_MODEL} at {settings.OPENAI_BASE_URL} answers."


def announce(address: str) -> None:
    """Say where to go, how to sign in, and who answers."""
    console.say("")
    console.say(f"Kern Inbox is ready: {address}")
    console.say(who_answers())
    if settings.DEBUG:
        console.say("Sign in as one of the demo people (printed when the database was made) or as somebody of your own:")
    else:
        console.say("Sign in with your e-mail address. To make an account:")
    console.say(f"    {'DEBUG=1 ' if settings.DEBUG else ''}{sys.executable} manage.py createsuperuser")
    console.say("Ctrl-C stops everything.")
    console.say("")
