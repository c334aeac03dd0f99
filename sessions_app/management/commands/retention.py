"""`manage.py retention [--dry-run]`"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from sessions_app import customers
from sessions_app.customers import retention
from sessions_app.models import Session


class Command(BaseCommand):
    help = "Erase conversations that were closed for as long as their queue keeps them. The scheduler does the same by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="list what would go and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        for due in retention.report():
            oldest = f", the oldest of {due.oldest:%Y-%m-%d}" if due.oldest else ""
            self.stdout.write(f"{due.queue.slug}: {due.sessions} conversations closed for {due.days} days or more{oldest}")
        self._say_kept()
        if options["dry_run"]:
            return
        total = 0
        while taken := retention.erase_due():
            total += taken
        customers.finish()
        self.stdout.write(f"Erased: {total} conversations.")

    def _say_kept(self) -> None:
        nowhere = Session.objects.there().filter(queue=None).count()
        if nowhere:
            self.stdout.write(f"{nowhere} conversations belong to no queue: no rule ends them.")
