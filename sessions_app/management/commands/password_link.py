"""`manage.py password_link EMAIL`"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from sessions_app.accounts.links import password_path
from sessions_app.models import Person


class Command(BaseCommand):
    help = "Print a link with which a person sets a new password, once and within a day. Hand it over where others do not read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the person's address")
        parser.add_argument("--site", default="", help="where people reach the inbox, like https://inbox.example.com")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.filter(email=options["email"], is_active=True).first()
        if person is None:
            raise CommandError(f"Nobody signs in with {options['email']}. To make an account: manage.py createsuperuser")
        self.stdout.write((options["site"] or _site()).rstrip("/") + password_path(person))


def _site() -> str:
    """The address as far as the settings tell it."""
    if settings.CSRF_TRUSTED_ORIGINS:
        return str(settings.CSRF_TRUSTED_ORIGINS[0])
    names = [name for name in settings.ALLOWED_HOSTS if not name.startswith((".", "*"))]
    port = settings.ENVIRONMENT["PORT"]
    return f"https://{names[0]}" if names and not settings.DEBUG else f"http://127.0.0.1:{port}"
