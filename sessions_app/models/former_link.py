"""Revoked secret links."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.models.session import Session


class FormerLink(models.Model):
    """A secret link that was revoked or replaced, by its hash: its page says so, and nothing else."""

    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="former_links")
    ended_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("former customer link")
        verbose_name_plural = _("former customer links")

    def __str__(self) -> str:
        return f"{self.secret_hash[:8]}…"
