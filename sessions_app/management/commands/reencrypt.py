"""Encrypt second factors and secrets of webhooks with today's SECRET_KEY, so that no older one is needed."""

from __future__ import annotations

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from sessions_app.infrastructure.sealing import WEBHOOKS, UnreadableSecretError, seal, unseal
from sessions_app.models import TicketSystem, WebhookEndpoint

#: Columns of secrets that are encrypted for webhooks.
SEALED: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (WebhookEndpoint, ("secret", "former_secret")),
    (TicketSystem, ("sealed_secret",)),
)
#: Keys of secrets in allauth's data of a second factor.
SECRETS = ("secret", "seed")


class Command(BaseCommand):
    """`manage.py reencrypt`"""

    help = "Encrypts second factors and secrets of webhooks with today's SECRET_KEY. Afterwards they need no older one."

    def handle(self, *args: Any, **options: Any) -> None:
        factors = Authenticator.objects.exclude(type="webauthn").values_list("pk", flat=True)
        renewed = [_renew(pk) for pk in factors] + [
            _renew_columns(model, pk, columns) for model, columns in SEALED for pk in model.objects.values_list("pk", flat=True)
        ]
        done, lost = renewed.count(True), renewed.count(False)
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


@transaction.atomic
def _renew_columns(model: Any, pk: int, columns: tuple[str, ...]) -> bool:
    """Encrypt these columns of a row anew. False where no key reads one of them."""
    row = model.objects.select_for_update().filter(pk=pk).first()
    try:
        for name in columns:
            if row is not None and getattr(row, name):
                setattr(row, name, seal(unseal(getattr(row, name), WEBHOOKS), WEBHOOKS))
    except UnreadableSecretError:
        return False
    if row is not None:
        row.save(update_fields=list(columns))
    return True
