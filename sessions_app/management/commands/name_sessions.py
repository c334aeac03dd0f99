"""`manage.py name_sessions [--queue SLUG] [--where NAME=VALUE] [--limit N] [--dry-run]`"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from sessions_app.management import bulk


class Command(BaseCommand):
    help = (
        "Name conversations with AI, many side by side. People's names stay. The job can be watched, resumed and undone on the "
        "Jobs page. Exit code 1 where some failed, 130 where it was stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        bulk.add_selection(parser)
        bulk.add_job_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        bulk.run(self, "name", bulk.chosen(options, bulk.person_of(options)), {}, options)
