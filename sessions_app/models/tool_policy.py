"""Policies of queues, stricter than the tools' own."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from kern.records.policy import Policy, Risk, Threshold
from sessions_app.models import shapes
from sessions_app.models.choices import choices_of
from sessions_app.models.fields import OrderedJSONField
from sessions_app.models.queue import Queue
from sessions_app.models.row import Row


def check_thresholds(value: Any) -> None:
    """A list of conditions like `"amount > 500"`. Raises `ValidationError`."""
    if not isinstance(value, list):
        raise ValidationError(_('Write a list of conditions, like ["amount > 500"].'))
    for condition in value:
        try:
            Threshold(str(condition))
        except ValueError as error:
            raise ValidationError(str(error)) from error


class ToolPolicy(Row):
    """A queue's policy for a tool. It can only tighten the tool's own: of each point the stricter one holds."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="tool_policies")
    tool_name = models.CharField(max_length=200)
    risk = models.CharField(max_length=6, blank=True, choices=choices_of(Risk))
    approvers = models.PositiveSmallIntegerField(default=1, choices=[(1, "1"), (2, "2")])
    expires_after = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Seconds; empty: as the tool says.")
    )
    roles: models.JSONField[Any, Any] = OrderedJSONField(
        default=list, blank=True, fits=shapes.words, help_text=_("Names of groups of which a decider needs one.")
    )
    thresholds: models.JSONField[Any, Any] = OrderedJSONField(
        default=list,
        blank=True,
        fits=shapes.thresholds,
        validators=[check_thresholds],
        help_text=_('Conditions that need two people: ["amount > 500"].'),
    )

    class Meta:
        verbose_name = _("tool policy")
        verbose_name_plural = _("tool policies")
        constraints = [models.UniqueConstraint(fields=["queue", "tool_name"], name="one_policy_a_tool")]

    def __str__(self) -> str:
        return f"{self.tool_name} in {self.queue}"

    def clean(self) -> None:
        """Raise `ValidationError` for a value that could be stored but not read as a policy: every decision reads it."""
        try:
            self.as_policy()
        except (TypeError, ValueError) as error:
            raise ValidationError(str(error)) from error

    def as_policy(self) -> Policy:
        """Return the row as the library's policy, to tighten the tool's own with; the strictest where it cannot be read."""
        if self.broken:
            return Policy(risk="high", approvers=2, roles=tuple(self.roles) or ("nobody",))
        return Policy(
            risk=self.risk or "low",  # type: ignore[arg-type]
            approvers=self.approvers,
            expires_after=self.expires_after,
            roles=tuple(self.roles),
            thresholds=tuple(Threshold(condition) for condition in self.thresholds),
        )
