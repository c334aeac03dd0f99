"""`manage.py index_messages`: index for search what an upgrade left, at once and with a bar."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from sessions_app.workers import indexing


class Command(BaseCommand):
    """Work the backlog of the search's index; it may be stopped and goes on where it was."""

    help = "Index older messages for search now. The scheduler does the same by itself, slowly; stopping loses nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--again", action="store_true", help="index everything anew")

    def handle(self, **options: Any) -> None:
        if options["again"]:
            indexing.begin_again()
        left = indexing.index_some(seconds=0)
        with tqdm(total=left, unit="row", file=self.stderr) as bar:
            while left:
                now_left = indexing.index_some()
                bar.update(left - now_left)
                left = now_left
        self.stdout.write("Everything is indexed.")
