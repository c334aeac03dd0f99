"""The lead of a conversation: its queue and agent, the AI's mode, a person's takeover, a hold."""

from __future__ import annotations

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField
from sessions_app.models.person_wanted import PersonWanted
from sessions_app.models.queue import AiMode, Queue


class Led(PersonWanted):
    """The session's columns that say who answers in it."""

    queue = models.ForeignKey(Queue, null=True, blank=True, on_delete=models.PROTECT, related_name="sessions", db_index=False)
    agent_id = models.CharField(max_length=100, blank=True)
    ai_mode = models.CharField(max_length=10, choices=AiMode, blank=True, help_text=_("Empty: as the queue."))
    ai_mode_before = models.CharField(
        max_length=10, choices=AiMode, blank=True, editable=False, help_text=_("What handing back gives it again.")
    )
    held_until = MomentField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("Until when no AI answers by itself: the customer's cost of the day is used up."),
    )
    fence = models.PositiveIntegerField(default=0, help_text=_("Raised when a person takes over; older runs can't write."))

    class Meta:
        abstract = True

    @property
    def effective_ai_mode(self) -> AiMode:
        """The session's own AI mode, else its queue's."""
        return AiMode.read(self.ai_mode or (self.queue.ai_mode if self.queue else AiMode.AUTOPILOT))

    @property
    def working_agent_id(self) -> str:
        """The agent or team that answers here: the session's own, else its queue's."""
        return self.agent_id or (self.queue.agent_id if self.queue else "")

    @property
    def led_by_person(self) -> bool:
        """True if a person has taken over, so that no agent answers."""
        return self.effective_ai_mode == AiMode.OFF

    @property
    def is_held(self) -> bool:
        """True if the customer waits for a person because today's cost limit is used up."""
        return self.held_until is not None and self.held_until > clock.now()

    def go_on(self) -> None:
        """Clear the hold: the limit is new, or a person has answered."""
        if self.held_until is not None:
            self.held_until = None
            self.save(update_fields=["held_until"])

    @property
    def can_be_handed_back(self) -> bool:
        """True if a person leads and the AI has a mode to return to; in a queue without AI its mode is chosen here first."""
        before = self.ai_mode_before or (self.queue.ai_mode if self.queue else AiMode.AUTOPILOT)
        return self.ai_mode == AiMode.OFF and before != AiMode.OFF

    def raise_fence(self) -> None:
        """Raise the fence: later writes of older runs are rejected."""
        type(self)._default_manager.filter(pk=self.pk).update(fence=F("fence") + 1)
        self.refresh_from_db(fields=["fence"])
