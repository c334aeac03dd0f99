"""`manage.py make_api_token NAME`"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from sessions_app.models import ApiToken, Person, Queue


class Command(BaseCommand):
    help = "Make a bearer token for the REST API and print its secret, once. It is stored only as a hash."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what the token is for")
        parser.add_argument("--for", dest="email", metavar="EMAIL", help="the person whose decisions and renames it makes")
        parser.add_argument("--queue", nargs="+", default=[], metavar="SLUG", help="the queues it may use (default: all)")

    def handle(self, *args: Any, **options: Any) -> None:
        person = self._person(options["email"])
        queues = [self._queue(slug) for slug in options["queue"]]
        with transaction.atomic():
            token, secret = ApiToken.make(options["name"].strip()[:80] or "token", person)
            token.queues.set(queues)
        self.stdout.write(secret)
        self.stderr.write("Keep it: it is shown only now.")

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
