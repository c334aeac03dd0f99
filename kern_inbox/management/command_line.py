"""Run `manage.py` commands: faults of the environment or the database are one line and not a traceback."""

from __future__ import annotations

import sys

from django.conf import settings
from django.core.management import ManagementUtility
from django.core.management.base import BaseCommand
from django.db import Error

#: Whose commands start without Django's checks. These read every address and every page of the administration, which takes as
#: long as all the rest of a start, and find faults of those who change the program; `manage.py check` is for them.
UNCHECKED = ("kern_inbox", "sessions_app")


class Commands(ManagementUtility):
    """Django's commands, each on one plain connection."""

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """Return the command. The pool is closed before it runs: it would retry for a while and hide the reason.

        `migrate` makes no tables between those of another program, and none in a database that is too old for it: exits with 1
        and a line.
        """
        for database in settings.DATABASES.values():
            database.get("OPTIONS", {}).pop("pool", None)
        if subcommand == "migrate" and not {"--help", "-h"} & set(self.argv):
            _refuse_unusable_database()
        command = super().fetch_command(subcommand)
        if type(command).__module__.startswith(UNCHECKED):
            command.requires_system_checks = []
        return command


def main(arguments: list[str]) -> None:
    """Run the command of these arguments, as the shell gives them. Exits with 1 and a line when the database fails."""
    for number, word in enumerate(arguments):
        if word != word.encode("utf-8", "replace").decode():
            sys.exit(f"manage.py: argument {number} is not UTF-8.")
    try:
        Commands(arguments).execute()
    except Error as problem:
        if "--traceback" in arguments:
            raise
        sys.exit(f"manage.py: {explain(problem, migrating='migrate' in arguments[1:2])}")


def _refuse_unusable_database() -> None:
    # Knows models, which are there only once the settings are read.
    from kern_inbox.run import LaunchError, checks

    try:
        checks.must_be_ours()
        checks.must_be_upgradable()
    except LaunchError as refusal:
        sys.exit(f"manage.py: {refusal}")


def explain(problem: Error, *, migrating: bool) -> str:
    """Return the database's error as a sentence, with advice where there is some."""
    # Knows models, which are there only once a command has begun.
    from kern_inbox.observability import probes

    said = " ".join(str(problem).split()) or type(problem).__name__
    if not migrating and probes.database_state() == "migrations are missing":
        return f"the database is not ready ({said}). Run `manage.py migrate` first."
    return f"the database failed: {said}"
