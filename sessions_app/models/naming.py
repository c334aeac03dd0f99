"""The history of a session's names, suggested names, and what naming costs."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField, NameField
from sessions_app.models.folded import FoldedField, FoldedModel
from sessions_app.models.queue import Queue
from sessions_app.models.row import Row
from sessions_app.models.session import Session


class NameRecord(FoldedModel):
    """One name with its source, version, person and cost; append-only, the newest is in force."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="names")
    name = NameField(max_length=200)
    search_text = FoldedField("name")
    source = models.CharField(max_length=12, choices=Session.NameSource)
    version = models.PositiveIntegerField(default=0, help_text=_("The session’s name version with this name."))
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    note = models.CharField(max_length=300, blank=True, help_text=_("Why, where it fell back."))
    model = models.CharField(max_length=200, blank=True, help_text=_("The model that made it."))
    tokens = models.PositiveIntegerField(default=0, help_text=_("Tokens of all tries for this name."))
    microdollars = models.PositiveBigIntegerField(default=0, help_text=_("What they cost, in millionths of a dollar."))
    job = models.ForeignKey(
        "sessions_app.Job",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("The job that gave it."),
    )
    created_at = MomentField(default=clock.now)

    class Meta:
        verbose_name = _("name given")
        verbose_name_plural = _("names given")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class NameSuggestion(Row):
    """A proposed name for a session. It holds for the version of the name that it was made for."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        DISMISSED = "dismissed", _("Dismissed")
        #: As dismissed, and no other one is made for this session.
        NEVER = "never", _("Never here")

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="name_suggestions", db_index=False)
    name = NameField(max_length=200)
    for_version = models.PositiveIntegerField(default=0, help_text=_("The version of the name that it would replace."))
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text=_("Who accepted or dismissed it."),
    )
    created_at = MomentField(default=clock.now)
    settled_at = MomentField(null=True, blank=True)

    class Meta:
        verbose_name = _("suggested name")
        verbose_name_plural = _("suggested names")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["session", "state"], name="suggestion_by_session")]
        constraints = [
            models.UniqueConstraint(fields=["session"], condition=Q(state="open"), name="one_open_suggestion_a_session")
        ]

    def __str__(self) -> str:
        return self.name


def this_month() -> date:
    """Return the first day of the month in UTC, by the clock that all processes share."""
    return clock.now().date().replace(day=1)


class NamingSpend(Row):
    """Tokens and cost of naming in one queue (or outside of queues) in one month, failed tries too."""

    queue = models.ForeignKey(
        Queue, null=True, blank=True, on_delete=models.CASCADE, related_name="naming_spend", db_index=False
    )
    month = models.DateField(default=this_month, help_text=_("Its first day (UTC)."))
    tries = models.PositiveIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    microdollars = models.PositiveBigIntegerField(default=0)
    used_up_at = MomentField(null=True, blank=True, help_text=_("When the month’s budget was used up."))

    class Meta:
        verbose_name = _("cost of naming")
        verbose_name_plural = _("costs of naming")
        ordering = [F("month").desc(), F("queue").asc(nulls_first=True)]
        constraints = [
            models.UniqueConstraint("month", Coalesce("queue", Value(0)), name="one_spend_a_queue_and_month"),
        ]

    def __str__(self) -> str:
        return f"{self.queue or _('No queue')}, {self.month:%Y-%m}"


__all__ = ["NameRecord", "NameSuggestion", "NamingSpend", "this_month"]
