"""Requirements of paused runs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from kern.records import requirement as library
from kern.records.policy import Risk
from kern.records.requirement import RESPONSE
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import new_id
from sessions_app.models import shapes
from sessions_app.models.choices import choices_of, labels
from sessions_app.models.fields import MomentField, OrderedJSONField
from sessions_app.models.row import Row
from sessions_app.models.run import Run, ToolCall
from sessions_app.models.session import Session


class RequirementSet(models.QuerySet["Requirement"]):
    def pending(self) -> RequirementSet:
        return self.filter(status=Requirement.Status.PENDING)

    def undone(self) -> list[Requirement]:
        """Return requirements without an effect: not answered, or approved for an action that has not begun."""
        states = Requirement.Status
        may_be = self.filter(status__in=[states.PENDING, states.APPROVED, states.ANSWERED])
        calls = ToolCall.objects.filter(run=OuterRef("run"), call_id=OuterRef("call_id"))
        begun = calls.exclude(status=ToolCall.Status.PROPOSED)
        keys = set(may_be.filter(Exists(begun)).values_list("pk", flat=True))
        return [asked for asked in may_be.order_by("pk") if asked.is_undone(is_begun=asked.pk in keys)]


class Requirement(Row):
    """One question to a person about one tool call. Answered by compare-and-set from pending."""

    @labels(library.Kind)
    class Kind(models.TextChoices):
        CONFIRMATION = "confirmation", _("Confirmation")
        USER_INPUT = "user_input", _("Input")
        USER_FEEDBACK = "user_feedback", _("Choice")
        EXTERNAL_EXECUTION = "external_execution", _("Run outside")

    @labels(library.Status)
    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        ANSWERED = "answered", _("Answered")
        EXPIRED = "expired", _("Expired")
        SUPERSEDED = "superseded", _("Superseded")
        CANCELLED = "cancelled", _("Cancelled")
        EXECUTED = "executed", _("Executed")
        FAILED = "failed", _("Failed")

    @labels(library.Reason)
    class Reason(models.TextChoices):
        """The reason why people are asked."""

        POLICY = "policy", _("policy")
        UNCERTAIN = "uncertain", _("uncertain")
        DRAFT = "draft", _("draft")

    requirement_id = models.CharField(max_length=64, default=new_id)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="requirements")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="own_requirements", help_text=_("The run that asked."))
    root = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="requirements", help_text=_("The run that is paused."))
    kind = models.CharField(max_length=18, choices=Kind)
    reason = models.CharField(max_length=9, default=Reason.POLICY, choices=Reason)
    call_id = models.CharField(max_length=200)
    tool_name = models.CharField(max_length=200)
    agent_name = models.CharField(max_length=100, blank=True)
    arguments: models.JSONField[Any, Any] = OrderedJSONField(default=dict, blank=True)
    edited_arguments: models.JSONField[Any, Any] = OrderedJSONField(null=True, blank=True, fits=shapes.an_object_or_nothing)
    schema: models.JSONField[Any, Any] = OrderedJSONField(default=dict, blank=True, fits=shapes.schema)
    fields: models.JSONField[Any, Any] = OrderedJSONField(default=list, blank=True, fits=shapes.input_fields)
    question = models.TextField(blank=True)
    options: models.JSONField[Any, Any] = OrderedJSONField(default=list, blank=True, fits=shapes.words)
    multiple = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    note = models.TextField(blank=True)
    answer: models.JSONField[Any, Any] = OrderedJSONField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    decided_at = MomentField(null=True, blank=True)
    policy: models.JSONField[Any, Any] = OrderedJSONField(
        default=dict,
        blank=True,
        fits=shapes.policy,
        help_text=_("As it was in force when this was asked: the tool's own, tightened by the queue's."),
    )
    risk = models.CharField(max_length=6, default="medium", choices=choices_of(Risk))
    approvers = models.PositiveSmallIntegerField(default=1, help_text=_("How many different people must agree."))
    expires_at = MomentField(null=True, blank=True)
    remind_at = MomentField(null=True, blank=True, help_text=_("Empty: no reminder, or it was sent."))
    asked_for_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("The person who had the agent do this; may not approve it."),
    )
    reopened_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="reopened_as", help_text=_("The expired one.")
    )
    look_again = models.BooleanField(default=False, help_text=_("The customer wrote since this was asked."))
    created_at = MomentField(default=clock.now)

    objects = RequirementSet.as_manager()

    class Meta:
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["session"], name="requirement_pending", condition=Q(status="pending")),
            # Asked every few seconds; a partial index is no help to SQLite, which does not see what a parameter will be.
            models.Index(fields=["status", "expires_at"], name="requirement_expiring"),
            models.Index(fields=["tool_name", "-id"], name="requirement_by_tool"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["requirement_id"], name="one_requirement_an_id"),
            models.UniqueConstraint(
                fields=["run", "call_id", "reason"], condition=Q(status="pending"), name="one_question_a_call"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tool_name} {self.kind} {self.status}"

    @property
    def is_overdue(self) -> bool:
        """True if it has expired; later decisions are rejected, also before the sweep has run."""
        return self.expires_at is not None and self.expires_at <= clock.now()

    def settle(self, status: str, **values: Any) -> bool:
        """Change pending → `status` with these columns, by compare-and-set. Returns whether it was still pending."""
        changed = {"status": status, "decided_at": clock.now(), "remind_at": None, **values}
        if not Requirement.objects.pending().filter(pk=self.pk).update(**changed):
            return False
        for name, value in changed.items():
            setattr(self, name, value)
        return True

    def is_undone(self, *, is_begun: bool) -> bool:
        """Return whether the question or its answer has had no effect yet; `is_begun` says whether the call's tool has started.

        An answer in the tool's place has its effect at once; an uncertain call was begun before it was asked about.
        """
        if self.status == Requirement.Status.PENDING:
            return True
        if self.status == Requirement.Status.APPROVED:
            return not is_begun or self.reason == Requirement.Reason.UNCERTAIN
        if self.status != Requirement.Status.ANSWERED or is_begun:
            return False
        fills_in = self.kind == Requirement.Kind.USER_INPUT and not self.is_response
        return fills_in or self.reason == Requirement.Reason.DRAFT

    @property
    def is_response(self) -> bool:
        """True if the answer is a person's text in the tool's place."""
        asks_for = [field["name"] for field in self.fields]
        return isinstance(self.answer, dict) and list(self.answer) == [RESPONSE] and RESPONSE not in asks_for
