"""`manage.py export_customer --user-id ID | --email ADDRESS | --session ID [--output FILE]`"""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sessions_app import customers
from sessions_app.management.commands.erase_customer import add_customer, customer_of


class Command(BaseCommand):
    help = "Write everything that is kept about one customer as a JSON document (docs/data.md describes it)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_customer(parser)
        parser.add_argument("--output", type=Path, metavar="FILE", help="a new file, readable by you alone (default: print)")

    def handle(self, *args: Any, **options: Any) -> None:
        pieces = customers.export_for(customer_of(options))
        path: Path | None = options["output"]
        if path is None:
            for piece in pieces:
                self.stdout.write(piece, ending="")
            return
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.writelines(pieces)
        except OSError as problem:
            raise CommandError(f"{path} cannot be written: {problem.strerror}.") from problem
