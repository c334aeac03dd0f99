"""The last message of a conversation, and the time since when the customer waits for an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.author import Author
from sessions_app.models.fields import NameField
from sessions_app.models.waiting import Waiting
from sessions_app.text.formatting import one_plain_line

if TYPE_CHECKING:
    from sessions_app.models.person import Person

LONGEST_LINE = 200


class LastSaid(Waiting):
    """The session's columns for its line in the list.

    Only the methods here and `Session.said`, `count_waiting` and `read_last_said` write them. A customer waits since the first
    message that was not answered: an agent's finished turn or a person's reply is an answer; a note, a draft, a failed turn and
    a question to people are none. What comes while an agent answers what was before waits on. Closing a session settles what
    was asked in it; opening it again by hand brings that back. In a snoozed one the customer waits on.
    """

    last_text = models.CharField(max_length=LONGEST_LINE, blank=True)
    last_author_kind = models.CharField(max_length=8, blank=True, help_text=_("Who said it: customer, agent or person."))
    last_author = NameField(max_length=120, blank=True)
    last_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        abstract = True

    def wait_from_now(self) -> None:
        """Mark the customer as waiting, also where every message was answered."""
        self.waiting_since = self.waiting_since or clock.now()
        self.save(update_fields=["waiting_since"])

    def settle_waiting(self) -> None:
        """Mark the customer as no longer waiting."""
        self.waiting_since = None
        self.save(update_fields=["waiting_since"])

    def put_line(self, text: str, kind: str, author: str, person: Person | None) -> list[str]:
        """Set the line; returns the columns to save."""
        # Agents and people write Markdown, customers do not.
        words = text if kind == Author.CUSTOMER else one_plain_line(text)
        self.last_text = " ".join(words.split())[:LONGEST_LINE]
        self.last_author_kind, self.last_author, self.last_person = kind, author[:120], person
        return ["last_text", "last_author_kind", "last_author", "last_person"]
