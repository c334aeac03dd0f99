"""The request for a person in a conversation: since when, why, and by whom."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.models.fields import NameField
from sessions_app.models.row import Row


class Reason(models.TextChoices):
    """Reasons for which a conversation needs a person."""

    ASKED = "asked", _("Asked for a person")
    NO_ANSWER = "no_answer", _("No answer found")
    CANNOT = "cannot", _("The agent cannot do this")
    FAILED = "failed", _("Run failed")
    NO_PROGRESS = "no_progress", _("No progress")
    WORDS = "words", _("A word of the queue’s list")
    COLLEAGUE = "colleague", _("A colleague asked")


class PersonWanted(Row):
    """The session's columns for a request for a person, which stands until a person answers, hands back or resolves."""

    person_wanted_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("Since when the conversation needs a person and has none."),
    )
    person_wanted_for = models.CharField(
        max_length=11, choices=Reason, blank=True, editable=False, help_text=_("Why it needs a person.")
    )
    person_wanted_by = NameField(max_length=120, blank=True, editable=False, help_text=_("Who said that it needs one."))

    class Meta:
        abstract = True

    @property
    def needs_person(self) -> bool:
        """True from a hand-over to people until a person has answered."""
        return self.person_wanted_at is not None

    def want_again(self, since: datetime, reason: str, by: str) -> None:
        """Restore a request for a person as it was."""
        self.person_wanted_at, self.person_wanted_for, self.person_wanted_by = since, reason, by
        self.save(update_fields=["person_wanted_at", "person_wanted_for", "person_wanted_by"])

    def want_nobody(self) -> None:
        """Clear the request for a person."""
        if self.person_wanted_at is not None:
            self.person_wanted_at, self.person_wanted_for, self.person_wanted_by = None, "", ""
            self.save(update_fields=["person_wanted_at", "person_wanted_for", "person_wanted_by"])
