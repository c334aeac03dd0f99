"""Deliveries are kept for 30 days."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from sessions_app.infrastructure import clock
from sessions_app.models import WebhookDelivery

KEPT = timedelta(days=30)
ROWS = 500


def tidy() -> None:
    """Delete deliveries that are older, with their attempts, in short transactions."""
    old = WebhookDelivery.objects.filter(created_at__lt=clock.now() - KEPT)
    while keys := list(old.order_by("created_at").values_list("pk", flat=True)[:ROWS]):
        with transaction.atomic():
            WebhookDelivery.objects.filter(pk__in=keys).delete()
