"""Unsent text of people's composers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField
from sessions_app.models.row import Row
from sessions_app.models.session import Session


class UnsentText(Row):
    """The text in a person's composer of a conversation: theirs alone, on each of their devices.

    The row stays when they are sent, emptied: its version goes on counting, so that an old page is told from a new one.
    """

    class Kind(models.TextChoices):
        REPLY = "reply", _("Reply")
        NOTE = "note", _("Note")
        ASK = "ask", _("Question to the agent")

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="unsent_texts", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.REPLY)
    text = models.TextField(blank=True)
    elsewhere = models.TextField(blank=True, help_text=_("What another page had here before these words took its place."))
    elsewhere_is_private = models.BooleanField(default=False, help_text=_("Some of it was no reply."))
    page = models.CharField(max_length=40, blank=True, help_text=_("The open page that wrote it last."))
    version = models.PositiveIntegerField(default=0)
    updated_at = MomentField(default=clock.now)

    class Meta:
        verbose_name = _("unsent text")
        verbose_name_plural = _("unsent texts")
        constraints = [models.UniqueConstraint(fields=["session", "person"], name="one_unsent_text_a_person")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.person} in {self.session}"
