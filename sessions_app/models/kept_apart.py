"""Pairs of conversations that people keep apart, although they carry the same ticket."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField
from sessions_app.models.row import Row
from sessions_app.models.session import Session


class KeptApartSet(models.QuerySet["KeptApart"]):
    """Queries of pairs."""

    def pair(self, one: int, other: int) -> KeptApartSet:
        """Return the row of two sessions, given by their keys in any order."""
        return self.filter(first=min(one, other), second=max(one, other))

    def among(self, keys: list[int]) -> KeptApartSet:
        """Return the pairs of which both sessions are among these."""
        return self.filter(first__in=keys, second__in=keys)


def is_apart(one: OuterRef | int, other: OuterRef | int) -> Exists:
    """Return the condition that two sessions are a pair that is kept apart; references count from the condition's query."""
    return Exists(KeptApart.objects.filter(Q(first=one, second=other) | Q(first=other, second=one)))


class KeptApart(Row):
    """Two sessions of one ticket that are not to be merged; pages do not ask again. `first` is the older row."""

    first = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="apart_from_newer", db_index=False)
    second = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="apart_from_older")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = MomentField(default=clock.now)

    objects = KeptApartSet.as_manager()

    class Meta:
        verbose_name = _("pair kept apart")
        verbose_name_plural = _("pairs kept apart")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_row_a_pair_apart"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="older_one_of_a_pair_first"),
        ]

    def __str__(self) -> str:
        return f"{self.first} | {self.second}"
