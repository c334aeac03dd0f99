"""Webhooks out: endpoints of other systems, what is to be delivered to them, and every attempt."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import new_id
from sessions_app.models import shapes
from sessions_app.models.fields import MomentField, NameField, OrderedJSONField
from sessions_app.models.queue import Queue
from sessions_app.models.row import Row
from sessions_app.models.session import Session

LONGEST_URL = 1000


def new_webhook_id() -> str:
    """Make the id by which a receiver knows a delivery that it had before."""
    return f"msg_{new_id().replace('-', '')}"


class WebhookEndpointSet(models.QuerySet["WebhookEndpoint"]):
    def with_work(self) -> WebhookEndpointSet:
        """Return usable endpoints with a due delivery that no worker has, and none was hinted at a moment ago."""
        now = clock.now()
        due = WebhookDelivery.objects.due().filter(endpoint=OuterRef("pk"))
        is_free = Q(lease_until=None) | Q(lease_until__lte=now)
        return self.usable().filter(Exists(due), is_free, Q(hinted_until=None) | Q(hinted_until__lte=now))

    def usable(self) -> WebhookEndpointSet:
        """Return endpoints that are switched on and do not rest after failures."""
        return self.filter(Q(rests_until=None) | Q(rests_until__lte=clock.now()), is_on=True)


class WebhookEndpoint(Row):
    """An address of another system that is told what happens here.

    Its secret is stored encrypted (`infrastructure.sealing`). What happens while it is switched off waits, for as long as
    deliveries are kept.
    """

    class Off(models.TextChoices):
        """The reason why it was switched off."""

        PERSON = "person", _("by a person")
        GONE = "gone", _("it answered “410 Gone”")
        FAILING = "failing", _("its deliveries failed for days")

    name = NameField(max_length=80)
    url = models.CharField(max_length=LONGEST_URL)
    secret = models.TextField(editable=False)
    former_secret = models.TextField(blank=True, editable=False)
    former_until = MomentField(null=True, blank=True, editable=False)
    secret_set_at = MomentField(default=clock.now, editable=False)
    events: models.JSONField[Any, Any] = OrderedJSONField(
        default=list, blank=True, fits=shapes.words, help_text=_("The events it is told. None chosen: every one.")
    )
    queues = models.ManyToManyField(Queue, blank=True, related_name="webhooks")
    is_on = models.BooleanField(default=True)
    off_because = models.CharField(max_length=7, blank=True, choices=Off)
    off_at = MomentField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text=_("Attempts that failed since the last success."))
    failing_since = MomentField(null=True, blank=True)
    rests_until = MomentField(null=True, blank=True)
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = MomentField(null=True, blank=True)
    hinted_until = MomentField(null=True, blank=True)
    after_change = models.PositiveBigIntegerField(default=0, help_text=_("It is told of changes after this one."))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = MomentField(default=clock.now)

    objects = WebhookEndpointSet.as_manager()

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class WebhookDeliverySet(models.QuerySet["WebhookDelivery"]):
    def due(self) -> WebhookDeliverySet:
        """Return deliveries whose next attempt is due."""
        return self.filter(state=WebhookDelivery.State.PENDING, due_at__lte=clock.now())

    def waiting(self) -> WebhookDeliverySet:
        """Return deliveries that were not successful and are not given up."""
        return self.filter(state=WebhookDelivery.State.PENDING)

    def failed(self) -> WebhookDeliverySet:
        """Return deliveries whose last attempt failed, given up or not."""
        return self.filter(is_failing=True)


class WebhookDelivery(Row):
    """One event for one endpoint, with the body as it was when it happened; sent until it succeeds or is given up."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENT = "sent", _("Delivered")
        FAILED = "failed", _("Given up")
        SKIPPED = "skipped", _("Not sent")

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    webhook_id = models.CharField(max_length=40, unique=True, default=new_webhook_id)
    event = models.CharField(max_length=40)
    about = models.CharField(max_length=300, blank=True)
    session = models.ForeignKey(
        Session,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="webhook_deliveries",
        help_text=_("Empty: it tells of no conversation."),
    )
    change_key = models.PositiveBigIntegerField(null=True, blank=True, help_text=_("The change it tells of."))
    body = models.TextField()
    state = models.CharField(max_length=7, choices=State, default=State.PENDING)
    tries = models.PositiveSmallIntegerField(default=0, help_text=_("Attempts since it was made or asked for again."))
    is_failing = models.BooleanField(default=False, help_text=_("Its last attempt failed."))
    due_at = MomentField(default=clock.now)
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("Of the last answer."))
    problem = models.CharField(max_length=40, blank=True, help_text=_("Why the last attempt had no answer."))
    took = models.PositiveIntegerField(null=True, blank=True, help_text=_("Milliseconds of the last attempt."))
    tried_at = MomentField(null=True, blank=True)
    created_at = MomentField(default=clock.now)

    objects = WebhookDeliverySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="delivery_by_endpoint"),
            models.Index(fields=["state", "due_at"], name="delivery_due"),
            models.Index(fields=["endpoint", "state"], name="delivery_by_state"),
            # What the page can be narrowed to: read newest first, however many others there are.
            models.Index(fields=["endpoint", "event", "-id"], name="delivery_by_event"),
            models.Index(fields=["endpoint", "-id"], condition=Q(is_failing=True), name="delivery_failing"),
            models.Index(fields=["created_at"], name="delivery_by_age"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "change_key"], condition=Q(change_key__isnull=False), name="one_delivery_a_change"
            )
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.webhook_id}"


class WebhookAttempt(Row):
    """One attempt of a delivery, with the beginning of what was answered."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts")
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=40, blank=True)
    took = models.PositiveIntegerField(default=0, help_text=_("Milliseconds."))
    answer = models.TextField(blank=True, help_text=_("The answer's headers and the beginning of its body."))
    at = MomentField(default=clock.now)

    class Meta:
        verbose_name = _("webhook attempt")
        verbose_name_plural = _("webhook attempts")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.status or self.problem}"


class WebhookHour(models.Model):
    """The numbers of attempts of one endpoint within an hour: pages add up hours, not deliveries."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="hours", db_index=False)
    hour = MomentField(help_text=_("Its beginning."))
    delivered = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("hour of webhooks")
        verbose_name_plural = _("hours of webhooks")
        constraints = [models.UniqueConstraint(fields=["endpoint", "hour"], name="one_row_an_hour")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}"


class WebhookPosition(models.Model):
    """The place in the change log up to which deliveries were made; one row.

    `holes` are numbers below it that were missing, each with the time (seconds since 1970) when that was seen: another
    transaction may have taken the number and not be committed yet.
    """

    position = models.PositiveBigIntegerField(default=0)
    holes: models.JSONField[Any, Any] = OrderedJSONField(default=list, blank=True)

    class Meta:
        verbose_name = _("webhook position")
        verbose_name_plural = _("webhook positions")

    def __str__(self) -> str:
        return str(self.position)
