"""Daily usage of one customer in one queue."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField
from sessions_app.models.queue import Queue
from sessions_app.models.row import Row


def today() -> date:
    """Return the day in UTC, by the clock that all processes share."""
    return clock.now().date()


class CustomerDay(Row):
    """Messages and cost of one customer in one queue on one day (UTC), kept where the queue has a limit of them.

    `customer` is a keyed hash of the user id, or of the conversation where there is none: whose row it is can be asked, and
    not read. Rows of past days are deleted.
    """

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+", db_index=False)
    customer = models.CharField(max_length=64)
    day = models.DateField(default=today)
    messages = models.PositiveIntegerField(default=0)
    microdollars = models.PositiveBigIntegerField(default=0, help_text=_("What model calls cost, in millionths of a dollar."))
    created_at = MomentField(default=clock.now)

    class Meta:
        verbose_name = _("customer's day")
        verbose_name_plural = _("customers' days")
        constraints = [
            # The day first: old ones are found by it.
            models.UniqueConstraint(fields=["day", "queue", "customer"], name="one_row_a_customer_and_day"),
        ]
        indexes = [models.Index(fields=["customer"], name="day_by_customer")]

    def __str__(self) -> str:
        return f"{self.customer[:8]}… on {self.day}"
