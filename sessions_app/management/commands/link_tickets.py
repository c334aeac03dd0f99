"""`manage.py link_tickets FILE.csv [--skip-bad] [--dry-run]`"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sessions_app.errors import InvalidAction
from sessions_app.jobs import link_table
from sessions_app.management import bulk


class Command(BaseCommand):
    help = (
        "Link conversations to tickets from a CSV: the conversation's id or its customer's id or mail, then the ticket's id or "
        "address. Exit code 1 where some failed or lines cannot be used, 130 where it was stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the file; - reads standard input")
        parser.add_argument("--skip-bad", action="store_true", help="leave lines out that cannot be used")
        bulk.add_job_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        person = bulk.person_of(options)
        try:
            table = link_table.read(_text(options["file"]), bulk.visible_to(person))
        except InvalidAction as problem:
            raise CommandError(problem.message) from problem
        for line in table.bad:
            self.stderr.write(f"line {line.number}: {line.reason}")
        if table.bad and not options["skip_bad"]:
            raise CommandError(f"{len(table.bad)} lines cannot be used. Nothing was linked; --skip-bad leaves them out.")
        bulk.run(self, "link", table.wanted, {"each": True}, options)


def _text(path: str) -> str:
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError(f"{path} is no text in UTF-8") from None
