"""Heartbeats of processes, and the leader among the schedulers.

Rows and not keys in Redis: they are needed while Redis is away. Times are the database's, never a process's own.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

#: A process that was silent for so long is taken for dead.
SILENT = timedelta(seconds=30)
#: Retention of a dead process's row, for a later look.
KEPT = timedelta(days=1)


class ProcessSet(models.QuerySet["Process"]):
    def alive(self) -> ProcessSet:
        """Return processes with a recent heartbeat."""
        return self.filter(beat_at__gt=Now() - SILENT)

    def forgettable(self) -> ProcessSet:
        """Return processes that died long ago."""
        return self.filter(beat_at__lt=Now() - KEPT)


class Process(models.Model):
    """One worker or scheduler. It writes its row every few seconds, and deletes it at a regular end."""

    class Kind(models.TextChoices):
        WORKER = "worker", _("Worker")
        SCHEDULER = "scheduler", _("Scheduler")

    name = models.CharField(max_length=120, unique=True, help_text=_("Machine and process."))
    kind = models.CharField(max_length=9, choices=Kind)
    queues = models.CharField(max_length=100, blank=True, help_text=_("What it works on, with commas."))
    threads = models.PositiveIntegerField(default=0)
    busy = models.PositiveIntegerField(default=0)
    stuck = models.PositiveIntegerField(default=0, help_text=_("Threads that do not come back."))
    restarts = models.PositiveIntegerField(default=0, help_text=_("How often it restarted itself."))
    clock_skew = models.FloatField(default=0.0, help_text=_("Seconds by which its clock is ahead of the database's."))
    measurements = models.TextField(blank=True, help_text=_("What it counted, in Prometheus' text format."))
    started_at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(db_default=Now())

    objects = ProcessSet.as_manager()

    class Meta:
        verbose_name = _("process")
        verbose_name_plural = _("processes")
        indexes = [models.Index(fields=["beat_at"], name="process_by_beat")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Leader(models.Model):
    """A lease that one process holds: it alone does the work of that name."""

    name = models.CharField(max_length=20, unique=True)
    holder = models.CharField(max_length=120, blank=True)
    until = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True, blank=True, help_text=_("When the work was last done as a whole."))

    class Meta:
        verbose_name = _("process lead")
        verbose_name_plural = _("process leads")

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
