"""Standing approvals."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField
from sessions_app.models.queue import Queue
from sessions_app.models.row import Row


class StandingApprovalSet(models.QuerySet["StandingApproval"]):
    def in_force(self) -> StandingApprovalSet:
        """Return those neither expired nor revoked."""
        return self.filter(revoked_at=None, until__gt=clock.now())


class StandingApproval(Row):
    """A standing approval: calls of one tool in one queue run without asking, for a while.

    Never for high risk or two approvers.
    """

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="standing_approvals")
    tool_name = models.CharField(max_length=200)
    until = MomentField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = MomentField(default=clock.now)
    revoked_at = MomentField(null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = StandingApprovalSet.as_manager()

    class Meta:
        verbose_name = _("standing approval")
        verbose_name_plural = _("standing approvals")
        constraints = [
            models.UniqueConstraint(fields=["queue", "tool_name"], condition=Q(revoked_at=None), name="one_rule_a_tool")
        ]

    def __str__(self) -> str:
        return f"{self.tool_name} in {self.queue} until {timezone.localtime(self.until):%Y-%m-%d %H:%M %Z}"
