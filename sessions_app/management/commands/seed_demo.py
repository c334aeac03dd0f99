"""`manage.py seed_demo`"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from sessions_app import desk
from sessions_app.demo.people import ANA, BEN, PEOPLE, make_people
from sessions_app.demo.scenarios import SCENARIOS
from sessions_app.models import Person, Session

DEMO_DESK = "sessions_app.demo.desk:desk"


class Command(BaseCommand):
    help = "Fill a development database with demo people and conversations. Prints the people's passwords, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is a person or a session already")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo people are made only with DEBUG=1. On a server use: manage.py createsuperuser")
        if options["if_empty"] and (Person.objects.exists() or Session.objects.exists()):
            return
        try:
            desk.sync()
        except desk.DeskError as error:
            raise CommandError(str(error)) from error
        with transaction.atomic():
            passwords = make_people()
            wanted = settings.KERN_DESK == DEMO_DESK and not Session.objects.filter(session_id__startswith="demo-").exists()
            if wanted:
                tell_stories()
        if wanted:
            self.stdout.write(f"{len(SCENARIOS)} demo conversations were made.")
        self._tell(passwords)

    def _tell(self, passwords: dict[str, str]) -> None:
        if not passwords:
            self.stdout.write("The demo's people are there already, with the passwords they have.")
            return
        self.stdout.write("Sign in as one of these people (shown only now):")
        for email, password in passwords.items():
            name, what = PEOPLE[email]
            self.stdout.write(f"  {email:<20} {password:<14} {name}, {what}")


def tell_stories() -> None:
    """Make the demo's conversations."""
    ana, ben = (Person.objects.get(email=email) for email in (ANA, BEN))
    for tell in SCENARIOS:
        tell(ana, ben)
