"""`manage.py restore FILE [--replace]`"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kern_inbox import backups


class Command(BaseCommand):
    help = "Put a backup into the database's place, while the program is stopped, and bring its tables up to date."
    #: There may be no tables yet, or those of another version.
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what `manage.py backup` made")
        parser.add_argument("--replace", action="store_true", help="also where the database has people or conversations in it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            kept = backups.restore(options["file"], replace=options["replace"])
        except backups.BackupError as problem:
            raise CommandError(str(problem)) from problem
        if kept is not None:
            self.stdout.write(f"What was there before is kept in {kept}.")
        self.stdout.write(
            f"{options['file']} is restored. Start the program with the SECRET_KEY that it had: second factors and links "
            "depend on it. Turns that were at work when the backup was made go on: look at Decisions first, since what was "
            "decided after the backup is asked again."
        )
