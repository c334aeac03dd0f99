"""Merges of two conversations into one, with what is needed to take them apart again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField, OrderedJSONField
from sessions_app.models.row import Row
from sessions_app.models.session import Session

#: How long a merge can be undone.
UNDO_FOR = timedelta(days=30)


class MergeSet(models.QuerySet["Merge"]):
    """Queries of merges."""

    def undoable(self) -> MergeSet:
        """Return merges that are in force and young enough to be undone."""
        return self.filter(undone_at=None, created_at__gt=clock.now() - UNDO_FOR)


class Merge(Row):
    """One merge: `merged` went into `kept`. `moved` has the keys of the rows that went along, `before` columns as they were."""

    kept = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="merges")
    merged = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="merges_away")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    moved = OrderedJSONField(default=dict)
    before = OrderedJSONField(default=dict)
    created_at = MomentField(default=clock.now)
    undone_at = MomentField(null=True, blank=True)

    objects = MergeSet.as_manager()

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")

    def __str__(self) -> str:
        return f"{self.merged} → {self.kept}"

    @property
    def can_be_undone_until(self) -> datetime:
        return self.created_at + UNDO_FOR
