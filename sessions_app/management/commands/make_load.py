"""`manage.py make_load`"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from sessions_app import desk
from sessions_app.management.loading.plan import AVERAGE, CannotLoadError, Wanted
from sessions_app.management.loading.tables import load
from sessions_app.models import Session

MOST = 10_000_000


class Command(BaseCommand):
    help = (
        f"Fill a development database with made-up conversations, about {AVERAGE} messages each, to try pages and searches"
        " at any size. The same seed gives the same rows."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sessions", type=int, help="number of conversations, for example 100000")
        parser.add_argument("--seed", type=int, default=1, help="another number gives other words (1)")
        parser.add_argument("--add", action="store_true", help="add them to the conversations that are there")

    def handle(self, *, sessions: int, seed: int, add: bool, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Conversations are made up only with DEBUG=1, never among those of real customers.")
        if not 1 <= sessions <= MOST:
            raise CommandError(f"Choose a number of conversations from 1 to {MOST:,}.")
        if Session.objects.filter(session_id__startswith="load-").exists():
            raise CommandError("Made-up conversations are there already. Start with an empty database to have others.")
        if not add and Session.objects.exists():
            raise CommandError("There are conversations already. Add --add to put made-up ones beside them.")
        try:
            desk.sync()
            began = time.monotonic()
            with tqdm(total=sessions, unit="conversation", file=self.stderr) as bar:
                messages = load(Wanted(sessions, seed, int(time.time())), bar.update)
        except (desk.DeskError, CannotLoadError) as error:
            raise CommandError(str(error)) from error
        took = time.monotonic() - began
        self.stdout.write(f"{sessions:,} conversations with {messages:,} messages were made in {took:.0f} s.")
