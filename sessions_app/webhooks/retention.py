"""Deliveries out and requests in are kept for 30 days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction

from sessions_app.infrastructure import clock
from sessions_app.models import IncomingWebhook, WebhookDelivery, WebhookHour

KEPT = timedelta(days=30)
ROWS = 500


def tidy() -> None:
    """Delete what is older, in short transactions."""
    _tidy(WebhookDelivery, "created_at")
    _tidy(WebhookHour, "hour")
    _tidy(IncomingWebhook, "at")


def _tidy(model: Any, column: str) -> None:
    old = model.objects.filter(**{f"{column}__lt": clock.now() - KEPT})
    while keys := list(old.order_by(column).values_list("pk", flat=True)[:ROWS]):
        with transaction.atomic():
            model.objects.filter(pk__in=keys).delete()
