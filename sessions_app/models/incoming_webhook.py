"""Webhooks that ticket systems sent, and what became of each."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField, NameField
from sessions_app.models.row import Row
from sessions_app.models.ticket import LONGEST_STATE
from sessions_app.models.ticket_system import TicketSystem

LONGEST_ID = 200
LONGEST_NOTE = 300


class IncomingWebhook(Row):
    """One request of a ticket system, without its body, which may be about other people.

    What was taken has `delivery_id` and `digest`, by which the same is known when it comes again. What was refused has neither,
    so a forged id keeps no real one out.
    """

    class Outcome(models.TextChoices):
        CHANGED = "changed", _("The ticket was updated")
        UNCHANGED = "unchanged", _("Nothing new")
        IGNORED = "ignored", _("Not about a ticket")
        REPEATED = "repeated", _("Had it before")
        REFUSED = "refused", _("Signature refused")
        TOO_OLD = "too_old", _("Too old")
        UNREADABLE = "unreadable", _("Could not be read")

    system = models.ForeignKey(TicketSystem, on_delete=models.CASCADE, related_name="webhooks", db_index=False)
    delivery_id = models.CharField(max_length=LONGEST_ID, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    ticket_id = models.CharField(max_length=80, blank=True)
    state = NameField(max_length=LONGEST_STATE, blank=True)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)
    at = MomentField(default=clock.now)

    class Meta:
        verbose_name = _("incoming webhook")
        verbose_name_plural = _("incoming webhooks")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["system", "-id"], name="incoming_by_system"),
            models.Index(fields=["at"], name="incoming_by_age"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["system", "delivery_id"], condition=~Q(delivery_id=""), name="one_webhook_an_id"),
            models.UniqueConstraint(fields=["system", "digest"], condition=~Q(digest=""), name="one_webhook_a_digest"),
        ]

    def __str__(self) -> str:
        return f"{self.system_id} {self.outcome}"
