"""Encrypt second factors with today's SECRET_KEY, so that an older one can be taken out of SECRET_KEY_FALLBACKS."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

#: Keys of secrets in allauth's data of a second factor.
SECRETS = ("secret", "seed")


class Command(BaseCommand):
    """`manage.py reencrypt`"""

    help = "Encrypts second factors with today's SECRET_KEY. Afterwards the older ones are not needed for them any more."

    def handle(self, *args: Any, **options: Any) -> None:
        done = lost = 0
        for pk in Authenticator.objects.exclude(type="webauthn").values_list("pk", flat=True):
            if _renew(pk):
                done += 1
            else:
                lost += 1
        self.stdout.write(f"{done} encrypted with today's SECRET_KEY.")
        if lost:
            raise CommandError(f"{lost} cannot be read: put the SECRET_KEY they were made with into SECRET_KEY_FALLBACKS.")


@transaction.atomic
def _renew(pk: int) -> bool:
    """Encrypt one anew under a lock, so that no code of it is used meanwhile. False where no key reads it."""
    adapter = get_adapter()
    row = Authenticator.objects.select_for_update().filter(pk=pk).first()
    try:
        for name in SECRETS:
            if row is not None and name in row.data:
                row.data[name] = adapter.encrypt(adapter.decrypt(row.data[name]))
    except ValidationError:
        return False
    if row is not None:
        row.save(update_fields=["data"])
    return True
