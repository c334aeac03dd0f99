"""`manage.py verify_record [--head NUMBER:DIGEST]`"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sessions_app import audit


class Command(BaseCommand):
    help = (
        "Check that the audit log is whole: no entry missing, changed or put in another place. It prints the last entry's "
        "number and digest; keep that line elsewhere and give it as --head later, and a log that was shortened or written anew "
        "shows, too. docs/audit-log.md has the format."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", default="", metavar="NUMBER:DIGEST", help="the last entry of an earlier check")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            verdict = audit.verify(options["head"])
        except ValueError as problem:
            raise CommandError(f"--head: {problem}.") from None
        for fault in verdict.faults:
            self.stderr.write(fault)
        if not verdict.is_whole:
            raise CommandError("The audit log is not whole.")
        erased = f", the details of {verdict.blanked} erased as later entries say" if verdict.blanked else ""
        self.stdout.write(f"The audit log is whole: {verdict.entries} entries{erased}.\nhead {verdict.head}")
