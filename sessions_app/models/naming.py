"""The history of a session's names."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField, NameField
from sessions_app.models.folded import FoldedField, FoldedModel
from sessions_app.models.session import Session


class NameRecord(FoldedModel):
    """One name with its source and person; append-only, the newest is in force."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="names")
    name = NameField(max_length=200)
    search_text = FoldedField("name")
    source = models.CharField(max_length=8, choices=Session.NameSource)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    note = models.CharField(max_length=300, blank=True, help_text=_("Why, where it fell back."))
    created_at = MomentField(default=clock.now)

    class Meta:
        verbose_name = _("name given")
        verbose_name_plural = _("names given")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name
