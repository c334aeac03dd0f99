"""`manage.py backup FILE`"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kern_inbox import backups


class Command(BaseCommand):
    help = (
        "Copy the whole database into one new file while the program runs. It holds customers' words and secrets: only its "
        "owner can read it, and it should be kept encrypted. docs/backup.md says how to restore it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file to make; one that is there is never written over")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            size = backups.make(options["file"])
        except backups.BackupError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{options['file']} has everything ({size}). Keep it where only you can read it.")
