"""The audit log of decisions: verdict, person and policy of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import new_id
from sessions_app.models import shapes
from sessions_app.models.fields import MomentField, OrderedJSONField
from sessions_app.models.requirement import Requirement
from sessions_app.models.row import Row

if TYPE_CHECKING:
    from sessions_app.models.person import Person
    from sessions_app.models.queue import Queue


#: The states of a requirement that are verdicts, too.
_STATUS = Requirement.Status
#: Prefix of the id of a session whose customer was erased.
ERASED = "erased-"


class AppendOnlyError(Exception):
    """A row of the decision log was about to be changed or deleted."""


class Details(TypedDict, total=False):
    """The optional details of a line."""

    person: Person | None
    actor: str
    seen: int | None
    note: str
    edited_arguments: dict[str, Any] | None
    policy: dict[str, Any] | None
    waited: bool


class DecisionSet(models.QuerySet["Decision"]):
    def append(self, requirement: Requirement, verdict: str, **details: Unpack[Details]) -> Decision:
        """Append a line about the requirement in its current state, with the details of `Decision.about`."""
        line = Decision.about(requirement, verdict, **details)
        line.save(force_insert=True, using=self.db)
        return line

    def append_all(self, lines: Iterable[Decision]) -> list[Decision]:
        """Append new lines with one statement."""
        new = list(lines)
        for line in new:
            line.keep_who()
        return self.bulk_create(new)

    def append_rule(self, queue: Queue, tool_name: str, verdict: str, person: Person, note: str) -> Decision:
        """Append a line about a standing approval, which belongs to no single requirement."""
        return self.create(
            requirement=None,
            queue_slug=queue.slug,
            tool_name=tool_name,
            verdict=verdict,
            person=person,
            actor=str(person)[:200],
            note=note,
        )

    def forget(self, session_keys: Iterable[str]) -> int:
        """Erase a customer's words and ids from the lines of these sessions: the one way to change lines. Returns their number.

        Decision, time, person and policy stay; lines about one session, or about one question, still belong together, under a
        random key.
        """
        return self._forget(self._all().filter(session_key__in=list(session_keys)))

    def forget_lines(self, keys: Iterable[int]) -> int:
        """Erase as `forget` does, where only some lines of a session are the customer's."""
        return self._forget(self._all().filter(pk__in=list(keys)))

    def _forget(self, rows: models.QuerySet[Decision]) -> int:
        lines = list(rows.only("session_key", "requirement_key").order_by("pk"))
        rows.filter(edited_arguments__isnull=False).update(edited_arguments={})
        rows.update(arguments={}, note="", user_id="", customer_email="", erased_at=clock.now())
        _rename_keys(lines)
        self._all().bulk_update(lines, ["session_key", "requirement_key"], batch_size=200)
        return len(lines)

    def _all(self) -> models.QuerySet[Decision]:
        """Return the lines without the guard against changes."""
        return models.QuerySet(self.model, using=self.db)

    def update(self, **changes: Any) -> int:
        raise AppendOnlyError("decisions are a record: they are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("decisions are a record: they are never deleted")


def _rename_keys(lines: list[Decision]) -> None:
    """Replace the lines' keys by random ones, equal where they were equal."""
    known: dict[str, str] = {"": ""}
    for line in lines:
        line.session_key = known.setdefault(line.session_key, f"{ERASED}{new_id()}")
        line.requirement_key = known.setdefault(line.requirement_key, new_id())


class Decision(Row):
    """One line of the decision log: an event of one requirement. Appended, never changed or deleted.

    It names things by value (tool, queue, session id, who), so it stays whole when what it names is gone. Erasing a customer
    takes out what is theirs (`DecisionSet.forget`), and `erased_at` says so.
    """

    class Verdict(models.TextChoices):
        ASKED = "asked", _("Asked")
        APPROVED = _STATUS.APPROVED.value, _STATUS.APPROVED.label
        FIRST_APPROVAL = "first", _("First of two approvals")
        REJECTED = _STATUS.REJECTED.value, _STATUS.REJECTED.label
        ANSWERED = _STATUS.ANSWERED.value, _STATUS.ANSWERED.label
        RESPONDED = "responded", _("Answered in the tool's place")
        EXPIRED = _STATUS.EXPIRED.value, _STATUS.EXPIRED.label
        SUPERSEDED = _STATUS.SUPERSEDED.value, _STATUS.SUPERSEDED.label
        CANCELLED = _STATUS.CANCELLED.value, _STATUS.CANCELLED.label
        REMINDED = "reminded", _("Reminded")
        REOPENED = "reopened", _("Reopened")
        EXECUTED = _STATUS.EXECUTED.value, _STATUS.EXECUTED.label
        FAILED = _STATUS.FAILED.value, _STATUS.FAILED.label
        RULE_MADE = "rule_made", _("Standing approval given")
        RULE_ENDED = "rule_ended", _("Standing approval ended")

    requirement = models.ForeignKey(Requirement, null=True, on_delete=models.SET_NULL, related_name="decisions")
    requirement_key = models.CharField(
        max_length=64,
        blank=True,
        help_text=_("The requirement's id, also when it is gone. Empty: the line is about a standing approval."),
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
    actor = models.CharField(max_length=200, help_text=_("A person, a standing approval, the clock or an agent."))
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
        verbose_name = _("decision log line")
        verbose_name_plural = _("decision log")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["tool_name", "queue_slug", "-id"], name="decision_by_tool"),
            models.Index(fields=["created_at"], name="decision_by_time"),
            models.Index(fields=["session_key"], name="decision_by_session"),
            models.Index(fields=["user_id"], name="decision_by_user", condition=~Q(user_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.verdict} {self.tool_name}"

    @classmethod
    def about(cls, requirement: Requirement, verdict: str, **details: Unpack[Details]) -> Decision:
        """Return an unsaved line about the requirement in its current state.

        `edited_arguments` and `policy` default to its own. With `waited=False` it no longer counts as waiting.
        """
        now, session, person = clock.now(), requirement.session, details.get("person")
        edited, policy = details.get("edited_arguments"), details.get("policy")
        return cls(
            requirement=requirement,
            requirement_key=requirement.requirement_id,
            session_key=session.session_id,
            user_id=session.user_id,
            customer_email=session.customer_email,
            queue_slug=session.queue.slug if session.queue else "",
            tool_name=requirement.tool_name,
            verdict=verdict,
            person=person,
            actor=(details.get("actor") or str(person or ""))[:200],
            seen=details.get("seen"),
            arguments=requirement.arguments,
            edited_arguments=requirement.edited_arguments if edited is None else edited,
            policy=requirement.policy if policy is None else policy,
            note=details.get("note", ""),
            waited=max(0.0, (now - requirement.created_at).total_seconds()) if details.get("waited", True) else None,
            created_at=now,
        )

    def keep_who(self) -> None:
        """Keep who decided by value: names and addresses change, and accounts go."""
        self.person_key = self.person_id
        self.person_email = self.person.email if self.person else ""

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise AppendOnlyError("decisions are a record: they are never changed")
        self.keep_who()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError("decisions are a record: they are never deleted")
