"""The priority of a conversation."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sessions_app.models.row import Row


class Priority(models.IntegerChoices):
    """Urgency with which a conversation should be worked, the most pressing first."""

    URGENT = 1, _("Urgent")
    HIGH = 2, _("High")
    NORMAL = 3, _("Normal")
    LOW = 4, _("Low")

    @property
    def word(self) -> str:
        """The name in addresses, in searches and for programs."""
        return self.name.lower()


#: By the words of addresses and programs, the most pressing first.
PRIORITIES: dict[str, Priority] = {priority.word: priority for priority in Priority}
#: Most sessions are normal: those are not in the indexes of the others.
BY_PRIORITY = tuple(
    models.Index(fields=[*of, "status", "priority", "-activity_at", "-id"], name=name, condition=Q(priority__isnull=False))
    for of, name in (([], "session_by_priority"), (["queue"], "session_queue_by_priority"))
)


class Triaged(Row):
    """The session's columns that people set to say how soon it should be worked."""

    priority = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        choices=[(each.value, each.label) for each in Priority if each != Priority.NORMAL],
        help_text=_("Empty: normal."),
    )

    class Meta:
        abstract = True

    @property
    def urgency(self) -> Priority:
        """The priority; normal where none was set."""
        return Priority(self.priority) if self.priority in Priority.values else Priority.NORMAL
