"""The turn in a conversation: the customer's, an agent's, a person's, or no side's."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sessions_app.models.fields import MomentField
from sessions_app.models.row import Row


class WaitingFor(models.TextChoices):
    """The side that has the next word in a conversation."""

    CUSTOMER = "customer", _("Customer")
    AGENT = "agent", _("Agent")
    PERSON = "person", _("Person of the team")
    NOBODY = "nobody", _("Nobody")


#: Open sessions that were handed over to people, none of whom has answered yet.
NEEDS_PERSON = Q(status="open", person_wanted_at__isnull=False)
#: Open sessions in which it is a person's turn.
WAITS_FOR_US = Q(status="open", waiting_since__isnull=False, waiting_for=WaitingFor.PERSON)
#: Open sessions whose customer waits because the newest turn failed.
FAILED = Q(status="open", failed_at__isnull=False)
#: Indexes of the lists of those who wait, which most sessions do not.
BY_WAITING = tuple(
    models.Index(fields=[*of, "status", "waiting_since", "id"], name=name, condition=Q(waiting_since__isnull=False))
    for of, name in (
        ([], "session_waits"),
        (["queue"], "session_waits_in_queue"),
        (["assignee"], "session_waits_for_assignee"),
    )
)


class Waiting(Row):
    """The session's columns for the turn, and since when it is whose.

    `policy.whose_turn.settle` alone writes `waiting_for`, at the end of each transaction that may change it. While it is a
    person's turn, `waiting_since` says since when (`LastSaid` has its rules); while it is the customer's, `answered_at` does.
    """

    waiting_for = models.CharField(
        max_length=8, choices=WaitingFor, default=WaitingFor.NOBODY, editable=False, help_text=_("Whose turn it is.")
    )
    waiting_since = MomentField(null=True, blank=True, help_text=_("The first message that nobody answered."))
    answered_at = MomentField(
        null=True, blank=True, editable=False, help_text=_("When an agent or a person last answered the customer.")
    )

    failed_at = MomentField(
        null=True, blank=True, editable=False, help_text=_("Since when a failed turn leaves the customer waiting.")
    )

    if TYPE_CHECKING:
        activity_at: models.DateTimeField[datetime, datetime]

    class Meta:
        abstract = True

    @property
    def turn_since(self) -> datetime | None:
        """The time since when it is the turn of `waiting_for`; `None` where it is no side's."""
        if self.waiting_for == WaitingFor.NOBODY:
            return None
        if self.waiting_for == WaitingFor.CUSTOMER:
            return self.answered_at or self.activity_at
        return self.waiting_since or self.activity_at
