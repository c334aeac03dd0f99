"""Counters of rate limits while Redis, which counts else, is away."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Counter(models.Model):
    """One counter, as Django's database cache keeps it. Only the cache reads these rows; they expire by themselves."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")

    def __str__(self) -> str:
        return self.cache_key


__all__ = ["Counter"]
