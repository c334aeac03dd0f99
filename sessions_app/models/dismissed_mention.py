"""Tickets that a customer mentioned, and that people said are not meant."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField
from sessions_app.models.row import Row
from sessions_app.models.session import Session
from sessions_app.models.ticket_system import TicketSystem


class DismissedMention(Row):
    """A ticket that is no suggestion in this session any more, for all who see the session."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="dismissed_mentions", db_index=False)
    system = models.ForeignKey(TicketSystem, on_delete=models.CASCADE, related_name="+")
    ticket_id = models.CharField(max_length=80)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = MomentField(default=clock.now)

    class Meta:
        verbose_name = _("dismissed mention")
        verbose_name_plural = _("dismissed mentions")
        constraints = [
            models.UniqueConstraint(fields=["session", "system", "ticket_id"], name="one_dismissal_a_mention"),
        ]

    def __str__(self) -> str:
        return self.ticket_id
