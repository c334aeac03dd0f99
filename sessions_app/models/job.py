"""Bulk jobs: one action on many sessions, and what became of each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField, OrderedJSONField
from sessions_app.models.row import Row
from sessions_app.models.session import Session


class JobSet(models.QuerySet["Job"]):
    """Queries of the Jobs page and the scheduler."""

    def shown(self) -> JobSet:
        """Exclude dry runs that were not started."""
        return self.exclude(state=Job.State.PLANNED)

    def at_work(self) -> JobSet:
        """Return jobs that a worker works, or has to."""
        return self.filter(state__in=Job.WORKING)

    def without_worker(self, now: datetime) -> JobSet:
        """Return jobs with work that no living worker has."""
        return self.at_work().filter(Q(lease_until=None) | Q(lease_until__lte=now)).exclude(rest_until__gt=now)


class Job(Row):
    """One action on a fixed list of sessions. It begins as a dry run (`planned`), which changes nothing."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Not started")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        CANCELLING = "cancelling", _("Being cancelled")
        CANCELLED = "cancelled", _("Cancelled")
        FINISHED = "finished", _("Done")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    class Via(models.TextChoices):
        PAGE = "page", _("Page")
        API = "api", _("API")
        COMMAND = "command", _("Command line")

    #: The states in which a worker has something to do.
    WORKING = (State.RUNNING, State.CANCELLING, State.UNDOING)

    kind = models.CharField(max_length=40, help_text=_("The action's name in the registry."))
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="jobs")
    actor = models.CharField(max_length=120, blank=True, help_text=_("Who began it, for readers."))
    via = models.CharField(max_length=7, choices=Via, default=Via.PAGE)
    source = models.CharField(max_length=300, blank=True, help_text=_("Where the sessions were chosen, for readers."))
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    parameters: models.JSONField[Any, Any] = OrderedJSONField(default=dict, blank=True)
    memo: models.JSONField[Any, Any] = OrderedJSONField(
        default=dict, blank=True, help_text=_("What the action remembers between two workers.")
    )
    estimate: models.JSONField[Any, Any] = OrderedJSONField(
        default=dict, blank=True, help_text=_("Tokens, dollars and seconds that the dry run expected.")
    )

    total = models.PositiveIntegerField(default=0)
    to_do = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    undone = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0, help_text=_("Rows that could not be undone: changed since."))
    tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    rate = models.FloatField(default=0.0, help_text=_("Rows a second, lately."))

    lease_owner = models.CharField(max_length=64, blank=True, editable=False)
    lease_until = MomentField(null=True, blank=True, editable=False)
    rest_until = MomentField(null=True, blank=True, editable=False, help_text=_("Nothing can be done before."))
    created_at = MomentField(default=clock.now)
    started_at = MomentField(null=True, blank=True)
    ended_at = MomentField(null=True, blank=True)

    objects = JobSet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["lease_until"], name="job_at_work", condition=Q(state__in=["running", "cancelling", "undoing"])
            ),
            models.Index(fields=["created_at"], name="job_planned", condition=Q(state="planned")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"

    @property
    def is_working(self) -> bool:
        """True while a worker has something to do."""
        return self.state in self.WORKING

    @property
    def seen_to(self) -> int:
        """The number of rows that have an outcome."""
        return self.total - self.to_do


class JobRowSet(models.QuerySet["JobRow"]):
    """Queries of outcomes."""

    def waiting(self) -> JobRowSet:
        """Return rows without an outcome, in order."""
        return self.filter(state__in=JobRow.WAITING).order_by("position")


class JobRow(Row):
    """One session of a job and its outcome."""

    class State(models.TextChoices):
        PENDING = "pending", _("To do")
        DONE = "done", _("Done")
        SKIPPED = "skipped", _("Skipped")
        FAILED = "failed", _("Failed")
        UNDOING = "undoing", _("To be undone")
        UNDONE = "undone", _("Undone")
        KEPT = "kept", _("Changed since")

    #: The states that a worker leads out of.
    WAITING = (State.PENDING, State.UNDOING)

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="rows", db_index=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="job_rows")
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    reason = models.CharField(max_length=300, blank=True, help_text=_("Why it was skipped, failed or kept."))
    before = models.CharField(max_length=300, blank=True, help_text=_("For readers."))
    after = models.CharField(max_length=300, blank=True, help_text=_("For readers."))
    data: models.JSONField[Any, Any] = OrderedJSONField(
        default=dict, blank=True, help_text=_("What is done here (a CSV line's ticket), and what undoing needs to know.")
    )
    version_after = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("The name's version that the job made: another one is a change since.")
    )
    tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    due_at = MomentField(null=True, blank=True, help_text=_("Not before."))
    done_at = MomentField(null=True, blank=True)

    objects = JobRowSet.as_manager()

    class Meta:
        verbose_name = _("job row")
        verbose_name_plural = _("job rows")
        ordering = ["position"]
        indexes = [models.Index(fields=["job", "state", "position"], name="job_row_by_state")]
        constraints = [models.UniqueConstraint(fields=["job", "position"], name="one_job_row_a_position")]

    def __str__(self) -> str:
        return f"{self.state} #{self.pk}"


__all__ = ["Job", "JobRow", "JobRowSet", "JobSet"]
