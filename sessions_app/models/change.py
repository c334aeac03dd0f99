"""The session's change log, in order. Pages follow it, forms carry the last number they saw."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField, NameField, OrderedJSONField
from sessions_app.models.row import Row
from sessions_app.models.session import Session


class Change(Row):
    """One change. Rows are appended and never updated; `id` is the number that pages and forms carry.

    `kind` is a dotted word (`message.customer`, `run.started`, `name.changed`, `ticket.linked`, `requirement.approved`, …).
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="changes", db_index=False)
    kind = models.CharField(max_length=40)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    actor = NameField(max_length=120, blank=True)
    data: models.JSONField[Any, Any] = OrderedJSONField(default=dict, blank=True)
    created_at = MomentField(default=clock.now)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("change log")
        ordering = ["pk"]
        indexes = [models.Index(fields=["session", "id"], name="change_by_session")]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
