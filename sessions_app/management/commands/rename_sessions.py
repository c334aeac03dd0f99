"""`manage.py rename_sessions TEMPLATE [--queue SLUG] [--where NAME=VALUE] [--limit N] [--dry-run]`"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from sessions_app.management import bulk


class Command(BaseCommand):
    help = (
        "Rename conversations by a template such as “Strike 28 April: {customer}”; its fields are {name}, {customer}, "
        "{ticket}, {queue} and {date}. The job can be undone on the Jobs page. Exit code 1 where some failed, 130 where it "
        "was stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("template")
        bulk.add_selection(parser)
        bulk.add_job_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        bulk.run(self, "rename", bulk.chosen(options, bulk.person_of(options)), {"template": options["template"]}, options)
