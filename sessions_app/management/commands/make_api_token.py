"""`manage.py make_api_token NAME`"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sessions_app.accounts import tokens
from sessions_app.errors import AppError
from sessions_app.models import Person, Queue
from sessions_app.models.token import DAYS, MOST_DAYS, Scope


class Command(BaseCommand):
    help = "Make a bearer token for the REST API and print its secret, once. It is stored only as a hash."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what the token is for")
        parser.add_argument("--for", dest="email", metavar="EMAIL", help="the person whose decisions and renames it makes")
        parser.add_argument(
            "--queue", nargs="+", default=[], metavar="SLUG", help="the queues it sees (default: all of the person's)"
        )
        parser.add_argument(
            "--scope",
            nargs="+",
            default=[Scope.READ.value],
            choices=Scope.values,
            help="what it may do: read (the default), write, decide, admin; none includes another",
        )
        parser.add_argument("--days", type=int, default=DAYS, help=f"how long it lasts, at most {MOST_DAYS} (default: {DAYS})")

    def handle(self, *args: Any, **options: Any) -> None:
        person = self._person(options["email"])
        queues = [self._queue(slug) for slug in options["queue"]]
        name = options["name"].strip()[:80] or "token"
        try:
            token, secret = tokens.make(name, person, scopes=options["scope"], queues=queues, days=options["days"])
        except AppError as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(secret)
        self.stderr.write(f"Keep it: it is shown only now. It may {token.scopes}, until {token.expires_at:%Y-%m-%d}.")

    def _person(self, email: str | None) -> Person | None:
        if not email:
            return None
        person = Person.objects.filter(email=email.strip().lower()).first()
        if person is None:
            raise CommandError(f"There is no person with the email {email}.")
        return person

    def _queue(self, slug: str) -> Queue:
        queue = Queue.objects.filter(slug=slug).first()
        if queue is None:
            known = ", ".join(Queue.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no queue {slug}. There are: {known}.")
        return queue
