"""Who decided what, under which policy: the record, the queues' stricter policies, and approvals given in advance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kern.records.message import new_id
from kern.tools.policy import Policy, Threshold
from sessions_app.infrastructure import clock
from sessions_app.models import shapes
from sessions_app.models.fields import MomentField, OrderedJSONField
from sessions_app.models.queue import Queue
from sessions_app.models.requirement import Requirement
from sessions_app.models.row import Row

if TYPE_CHECKING:
    from sessions_app.models.person import Person


#: How the id of a session begins whose customer was erased.
ERASED = "erased-"


class AppendOnlyError(Exception):
    """Rows of the record are never changed or deleted."""


class DecisionSet(models.QuerySet["Decision"]):
    def append(
        self,
        requirement: Requirement,
        verdict: str,
        *,
        person: Person | None = None,
        actor: str = "",
        seen: int | None = None,
        note: str = "",
        edited_arguments: dict[str, Any] | None = None,
        policy: dict[str, Any] | None = None,
        waited: bool = True,
    ) -> Decision:
        """Add a line about the requirement as it stands; `edited_arguments` and `policy` are its own unless they are given.

        With `waited=False` nobody waited for this any more.
        """
        now, session = clock.now(), requirement.session
        return self.create(
            requirement=requirement,
            requirement_key=requirement.requirement_id,
            session_key=session.session_id,
            user_id=session.user_id,
            customer_email=session.customer_email,
            queue_slug=session.queue.slug if session.queue else "",
            tool_name=requirement.tool_name,
            verdict=verdict,
            person=person,
            actor=(actor or str(person or ""))[:200],
            seen=seen,
            arguments=requirement.arguments,
            edited_arguments=requirement.edited_arguments if edited_arguments is None else edited_arguments,
            policy=requirement.policy if policy is None else policy,
            note=note,
            waited=max(0.0, (now - requirement.created_at).total_seconds()) if waited else None,
            created_at=now,
        )

    def forget(self, session_keys: Iterable[str]) -> int:
        """Take a customer's words and ids out of the lines of these sessions: the one way to change lines. How many.

        What was decided, when, by whom and under which policy stays; lines about one session, or about one question, still
        belong together, under a key that leads to nobody.
        """
        return self._forget(self._all().filter(session_key__in=list(session_keys)))

    def forget_lines(self, keys: Iterable[int]) -> int:
        """`forget`, where only some lines of a session are the customer's."""
        return self._forget(self._all().filter(pk__in=list(keys)))

    def _forget(self, rows: models.QuerySet[Decision]) -> int:
        lines = list(rows.only("session_key", "requirement_key").order_by("pk"))
        rows.filter(edited_arguments__isnull=False).update(edited_arguments={})
        rows.update(arguments={}, note="", user_id="", customer_email="", erased_at=clock.now())
        _rename_keys(lines)
        self._all().bulk_update(lines, ["session_key", "requirement_key"], batch_size=200)
        return len(lines)

    def _all(self) -> models.QuerySet[Decision]:
        """The lines without the guard against changes."""
        return models.QuerySet(self.model, using=self.db)

    def update(self, **changes: Any) -> int:
        raise AppendOnlyError("decisions are a record: they are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("decisions are a record: they are never deleted")


def _rename_keys(lines: list[Decision]) -> None:
    """Give the lines keys that nobody knows, the same one where they had the same one."""
    known: dict[str, str] = {"": ""}
    for line in lines:
        line.session_key = known.setdefault(line.session_key, f"{ERASED}{new_id()}")
        line.requirement_key = known.setdefault(line.requirement_key, new_id())


class Decision(Row):
    """One line of the record: what happened to one requirement. Appended, never changed or deleted.

    It names things by value (tool, queue, session id, who), so it stays whole when what it names is gone. Erasing a customer
    takes out what is theirs (`DecisionSet.forget`), and `erased_at` says so.
    """

    class Verdict(models.TextChoices):
        ASKED = "asked", _("Asked")
        APPROVED = "approved", _("Approved")
        FIRST_APPROVAL = "first", _("First of two approvals")
        REJECTED = "rejected", _("Rejected")
        ANSWERED = "answered", _("Answered")
        RESPONDED = "responded", _("Answered in the tool's place")
        EXPIRED = "expired", _("Expired")
        SUPERSEDED = "superseded", _("Superseded")
        CANCELLED = "cancelled", _("Cancelled")
        REMINDED = "reminded", _("Reminded")
        REOPENED = "reopened", _("Reopened")
        EXECUTED = "executed", _("Executed")
        FAILED = "failed", _("Failed")
        RULE_MADE = "rule_made", _("Rule made")
        RULE_ENDED = "rule_ended", _("Rule ended")

    requirement = models.ForeignKey(Requirement, null=True, on_delete=models.SET_NULL, related_name="decisions")
    requirement_key = models.CharField(
        max_length=64, blank=True, help_text=_("The requirement's id, also when it is gone. Empty: the line is about a rule.")
    )
    session_key = models.CharField(max_length=200, blank=True)
    user_id = models.CharField(max_length=200, blank=True, help_text=_("The customer, also when the session is gone."))
    customer_email = models.CharField(max_length=254, blank=True)
    queue_slug = models.CharField(max_length=50, blank=True)
    tool_name = models.CharField(max_length=200)
    verdict = models.CharField(max_length=10, choices=Verdict)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    person_key = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("The person's id, also when the account is gone.")
    )
    person_email = models.CharField(max_length=254, blank=True, help_text=_("The person's, also when the account is gone."))
    actor = models.CharField(max_length=200, help_text=_("Who, in words: a person, a rule, the clock, an agent."))
    seen = models.PositiveBigIntegerField(null=True, blank=True, help_text=_("The newest change the decider had seen."))
    arguments: models.JSONField[Any, Any] = OrderedJSONField(default=dict, help_text=_("As the model asked."))
    edited_arguments: models.JSONField[Any, Any] = OrderedJSONField(
        null=True, blank=True, fits=shapes.an_object_or_nothing, help_text=_("As a person changed them.")
    )
    policy: models.JSONField[Any, Any] = OrderedJSONField(default=dict, help_text=_("In force at that moment."))
    note = models.TextField(blank=True)
    waited = models.FloatField(null=True, blank=True, help_text=_("Seconds between the question and this."))
    created_at = MomentField(default=clock.now)
    erased_at = MomentField(
        null=True, blank=True, help_text=_("When the customer's words and ids were taken out of this line.")
    )

    objects = DecisionSet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["tool_name", "queue_slug", "-id"], name="decision_by_tool"),
            models.Index(fields=["created_at"], name="decision_by_time"),
            models.Index(fields=["session_key"], name="decision_by_session"),
            models.Index(fields=["user_id"], name="decision_by_user", condition=~Q(user_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.verdict} {self.tool_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise AppendOnlyError("decisions are a record: they are never changed")
        # Names and addresses change, and accounts go; who decided must stay known.
        self.person_key = self.person_id
        self.person_email = self.person.email if self.person else ""
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("decisions are a record: they are never deleted")


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
    """What a queue asks beyond a tool's own policy. It can only make it stricter: both hold, of each point the stricter one."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="tool_policies")
    tool_name = models.CharField(max_length=200)
    risk = models.CharField(max_length=6, blank=True, choices=[(risk, risk) for risk in ("low", "medium", "high")])
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
        verbose_name_plural = "tool policies"
        constraints = [models.UniqueConstraint(fields=["queue", "tool_name"], name="one_policy_a_tool")]

    def __str__(self) -> str:
        return f"{self.tool_name} in {self.queue}"

    def clean(self) -> None:
        """Raises `ValidationError` for what could be kept but not read as a policy: every decision reads it."""
        try:
            self.as_policy()
        except (TypeError, ValueError) as error:
            raise ValidationError(str(error)) from error

    def as_policy(self) -> Policy:
        """The row as the library's policy, to tighten the tool's own with; the strictest where it cannot be read."""
        if self.broken:
            return Policy(risk="high", approvers=2, roles=tuple(self.roles) or ("nobody",))
        return Policy(
            risk=self.risk or "low",  # type: ignore[arg-type]
            approvers=self.approvers,
            expires_after=self.expires_after,
            roles=tuple(self.roles),
            thresholds=tuple(Threshold(condition) for condition in self.thresholds),
        )


class StandingApprovalSet(models.QuerySet["StandingApproval"]):
    def in_force(self) -> StandingApprovalSet:
        """Not over, not revoked."""
        return self.filter(revoked_at=None, until__gt=clock.now())


class StandingApproval(Row):
    """A rule: calls of one tool in one queue run without asking, for a while. Never for high risk or two approvers."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="standing_approvals")
    tool_name = models.CharField(max_length=200)
    until = MomentField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = MomentField(default=clock.now)
    revoked_at = MomentField(null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = StandingApprovalSet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["queue", "tool_name"], condition=Q(revoked_at=None), name="one_rule_a_tool")
        ]

    def __str__(self) -> str:
        return f"{self.tool_name} in {self.queue} until {timezone.localtime(self.until):%Y-%m-%d %H:%M %Z}"


__all__ = ["AppendOnlyError", "Decision", "StandingApproval", "ToolPolicy"]
