"""One turn of an agent, and the journal of its tool calls."""

from __future__ import annotations

from typing import Any, get_args

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left, Length
from django.utils.translation import gettext_lazy as _

from kern.records.run import ACTIVE, CallStatus
from kern.records.run import Status as RunStatus
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import new_id
from sessions_app.infrastructure.prepared import Prepared, Slot
from sessions_app.models import shapes
from sessions_app.models.choices import labels
from sessions_app.models.fields import MomentField, NameField, OrderedJSONField
from sessions_app.models.row import Row
from sessions_app.models.session import Session
from sessions_app.text.formatting import SHOWN

#: Run statuses that keep a session busy; in the order of the library, which constraints of the database are written in.
ACTIVE_RUN = tuple(status for status in get_args(RunStatus) if status in ACTIVE)


class RunSet(models.QuerySet["Run"]):
    def roots(self) -> RunSet:
        """Return runs without a parent: the turns of the session."""
        return self.filter(parent=None)

    def active(self) -> RunSet:
        return self.filter(status__in=ACTIVE_RUN)

    def answering(self) -> RunSet:
        """Return runs whose answers are for the customer; the others are between the agent and a person."""
        return self.filter(purpose=Run.Purpose.ANSWER)

    def due(self) -> RunSet:
        """Return pending turns that a worker should take."""
        return self.roots().filter(status=Run.Status.PENDING)

    def abandoned(self) -> RunSet:
        """Return running turns whose worker stopped renewing its lease."""
        return self.roots().filter(status=Run.Status.RUNNING, lease_until__lt=clock.now())

    def open_next(self, session: Session) -> Run | None:
        """Make the session's next turn pending, with every unanswered message of the customer attached.

        Returns `None`, and does nothing, when the AI does not answer here, the session is closed, a turn is active or nothing
        waits for an answer. The session's row must be locked or new.
        """
        waiting = self.next_messages(session)
        if not waiting:
            return None
        session.go_on()
        run = self.create(session=session, agent_id=session.working_agent_id, fence=session.fence)
        session.messages.filter(pk__in=waiting).update(run=run)
        return run

    def next_messages(self, session: Session) -> list[int]:
        """Return keys of the messages that the session's next turn would answer; empty where none may begin."""
        if session.led_by_person or session.is_settled:
            return []
        if _ACTIVE_IN.first(session=session.pk) is not None:
            return []
        return list(session.messages.unanswered().values_list("pk", flat=True))


#: Asked whenever a customer has written.
_ACTIVE_IN = Prepared(
    lambda: Run.objects.roots().active().filter(session=Slot("session", Session, "id")).values_list("pk", flat=True)
)


class Run(Row):
    """One turn. Its worker is `lease_owner` until `lease_until`; every write of the work checks both and the fence."""

    @labels(RunStatus)
    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting for a worker")
        RUNNING = "running", _("Working")
        PAUSED = "paused", _("Waiting for a person")
        COMPLETED = "completed", _("Completed")
        ERROR = "error", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    class Purpose(models.TextChoices):
        """The reader of a run's answer. Only an answer's text can reach the customer; all else is internal."""

        ANSWER = "answer", _("Answer the customer")
        DRAFT = "draft", _("Draft for a person")
        INTERNAL = "internal", _("Asked by a person")

    run_id = models.CharField(max_length=64, default=new_id)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="runs", db_index=False)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="member_runs", db_index=False
    )
    root = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="runs_below",
        db_index=False,
        help_text=_("The turn that a member's run belongs to."),
    )
    parent_call_id = models.CharField(max_length=200, blank=True)
    purpose = models.CharField(max_length=8, default=Purpose.ANSWER, choices=Purpose)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("The person who had the agent do this."),
    )
    user_id = models.CharField(max_length=200, blank=True, help_text=_("Whose turn it is. Empty: the session's customer."))
    agent_id = models.CharField(max_length=100, blank=True)
    agent_name = NameField(max_length=100, blank=True)
    model = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    content = models.TextField(blank=True)
    error = models.TextField(blank=True)
    permanent_error = models.BooleanField(default=False)
    refused = models.BooleanField(
        default=False, help_text=_("The model's server refused what was sent: later requests leave this run out.")
    )
    metrics: models.JSONField[Any, Any] = OrderedJSONField(default=dict, blank=True, fits=shapes.metrics)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = MomentField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    fence = models.PositiveIntegerField(default=0)
    created_at = MomentField(default=clock.now)
    updated_at = MomentField(default=clock.now)

    objects = RunSet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        indexes = [
            models.Index(fields=["session", "parent", "-id"], name="run_by_session"),
            # The partial index of active runs below is no help to SQLite, which does not see what a parameter will be.
            models.Index(fields=["session", "parent", "status"], name="run_by_session_and_status"),
            models.Index(fields=["root"], name="run_by_root", condition=Q(root__isnull=False)),
            models.Index(fields=["lease_until"], name="run_lease", condition=Q(status="running")),
            models.Index(fields=["created_at"], name="run_due", condition=Q(status="pending")),
        ]
        constraints = [
            # Not unique=True: that would give PostgreSQL a second index for LIKE, which no query uses.
            models.UniqueConstraint(fields=["run_id"], name="one_run_an_id"),
            models.UniqueConstraint(
                fields=["session"], condition=Q(parent=None, status__in=ACTIVE_RUN), name="one_active_run_a_session"
            ),
            models.UniqueConstraint(
                fields=["parent", "parent_call_id"], condition=Q(parent__isnull=False), name="one_member_run_a_call"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent_name or 'run'} {self.run_id[:8]} {self.status}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.parent and not self.root_id:
            self.root = self.parent.root or self.parent
        super().save(*args, **kwargs)

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE_RUN

    @property
    def is_abandoned(self) -> bool:
        """True if it is running but its worker stopped renewing the lease."""
        return self.status == Run.Status.RUNNING and (self.lease_until is None or self.lease_until <= clock.now())

    def below(self) -> list[int]:
        """Return keys of the members' runs below this one, at any depth."""
        if self.parent_id is None:
            return list(Run.objects.filter(root=self).values_list("pk", flat=True))
        found: list[int] = []
        level = [self.pk]
        while level:
            level = list(Run.objects.filter(parent__in=level).values_list("pk", flat=True))
            found += level
        return found


class ToolCallSet(models.QuerySet["ToolCall"]):
    def excerpts(self) -> ToolCallSet:
        """Return calls for a page, with only the beginning of a very long result."""
        return self.defer("result").annotate(_beginning=Left("result", SHOWN), _length=Length("result"))


class ToolCall(Row):
    """The journal of one call: proposed → started → finished. Started and never finished is *uncertain*.

    In an ended turn, a call that is still proposed did not run and never will. One that is still started may still be running:
    the worker that started it stores its outcome, also after the turn's end; without it the outcome stays unknown.
    """

    @labels(CallStatus)
    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        STARTED = "started", _("Started")
        FINISHED = "finished", _("Finished")

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="tool_calls", db_index=False)
    call_id = models.CharField(max_length=200)
    tool_name = models.CharField(max_length=200)
    arguments: models.JSONField[Any, Any] = OrderedJSONField(default=dict, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.PROPOSED)
    result = models.TextField(blank=True)
    failed = models.BooleanField(default=False)
    worker = models.CharField(max_length=120, blank=True)
    owner = models.CharField(max_length=64, blank=True, help_text=_("The claim under which it was started."))
    started_at = MomentField(null=True, blank=True)
    finished_at = MomentField(null=True, blank=True)

    objects = ToolCallSet.as_manager()

    class Meta:
        verbose_name = _("tool call")
        verbose_name_plural = _("tool calls")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["run", "call_id"], name="one_journal_line_a_call")]

    def __str__(self) -> str:
        return f"{self.tool_name} {self.status}"

    @property
    def beginning(self) -> str:
        """The part of the result that a page shows."""
        known: str | None = self.__dict__.get("_beginning")
        return self.result[:SHOWN] if known is None else known

    @property
    def is_cut(self) -> bool:
        """True if a page shows only the beginning of the result."""
        known: int | None = self.__dict__.get("_length")
        return (len(self.result) if known is None else known) > SHOWN
