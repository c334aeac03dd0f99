"""Notices to admins about endpoints."""

from __future__ import annotations

from sessions_app.accounts.mail import tell
from sessions_app.models import Person, WebhookEndpoint


def switched_off(key: int) -> None:
    """Mail the admins that an endpoint was switched off; the page says it too."""
    endpoint = WebhookEndpoint.objects.filter(pk=key).first()
    if endpoint is None:
        return
    for address in Person.objects.filter(is_superuser=True, is_active=True).values_list("email", flat=True):
        tell("webhook_off", address, endpoint=endpoint)
