"""What was said last in a conversation, by whom, and since when the customer waits for an answer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sessions_app.infrastructure import clock
from sessions_app.models.fields import MomentField, NameField
from sessions_app.models.row import Row
from sessions_app.text.formatting import one_plain_line

if TYPE_CHECKING:
    from sessions_app.models.message import MessageSet
    from sessions_app.models.person import Person

CUSTOMER, AGENT, PERSON = "customer", "agent", "person"
LONGEST_LINE = 200
#: What was said to the customer and answers everything before it: words of people, and the end of a turn. Notes are none.
ANSWERS = Q(author_kind=PERSON, internal=False) | Q(
    author_kind=AGENT, internal=False, sent=True, run__parent=None, run__status="completed", run__purpose="answer"
)


class LastSaid(Row):
    """The columns of a session that its line in the list is made of; only the methods here write them.

    A customer waits since the first message that nobody answered: an agent's finished turn or a person's reply is an answer, a
    note, a draft, a failed turn and a question to people are none. What comes while an agent answers what was before waits on.
    Closing a session settles what was asked in it, so that nobody waits there; opening it again by hand brings that back. In a
    snoozed one the customer waits on.
    """

    last_text = models.CharField(max_length=LONGEST_LINE, blank=True)
    last_author_kind = models.CharField(max_length=8, blank=True, help_text=_("Who said it: customer, agent or person."))
    last_author = NameField(max_length=120, blank=True)
    last_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    waiting_since = MomentField(null=True, blank=True, help_text=_("The first message that nobody answered."))

    class Meta:
        abstract = True

    def note_said(self, text: str, kind: str, author: str = "", person: Person | None = None) -> list[str]:
        """Set the line anew, and who waits; returns the columns to save. The message's row must be there."""
        if kind == CUSTOMER:
            self.waiting_since = self.waiting_since or clock.now()
        else:
            is_open = getattr(self, "status", "") != "closed"
            self.waiting_since = self._unanswered_since() if kind == AGENT and is_open else None
        return [*self._line(text, kind, author, person), "waiting_since"]

    def wait_from_now(self) -> None:
        """The customer waits for somebody, also where every message was answered."""
        self.waiting_since = self.waiting_since or clock.now()
        self.save(update_fields=["waiting_since"])

    def settle_waiting(self) -> None:
        """Nobody waits here any more."""
        self.waiting_since = None
        self.save(update_fields=["waiting_since"])

    def count_waiting(self) -> None:
        """Find out from the messages since when the customer waits."""
        messages = self._messages()
        answer = messages.filter(ANSWERS).exclude(content="").order_by("-pk").values_list("pk", flat=True).first() or 0
        asked = messages.filter(author_kind=CUSTOMER, pk__gt=answer).order_by("pk").values_list("created_at", flat=True).first()
        self.waiting_since = self._unanswered_since() or asked
        self.save(update_fields=["waiting_since"])

    def read_last_said(self) -> None:
        """Make the line and who waits from the messages, as an import stored them; in a closed session nobody waits."""
        said = self._messages().filter(ANSWERS | Q(author_kind=CUSTOMER)).exclude(content="").order_by("-pk").first()
        if said is not None:
            line = self._line(said.content, said.author_kind, said.author, said.person)
            self.save(update_fields=line)
        if getattr(self, "status", "") == "closed":
            self.settle_waiting()
        else:
            self.count_waiting()

    def _line(self, text: str, kind: str, author: str, person: Person | None) -> list[str]:
        # Agents and people write Markdown, customers do not.
        words = text if kind == CUSTOMER else one_plain_line(text)
        self.last_text = " ".join(words.split())[:LONGEST_LINE]
        self.last_author_kind, self.last_author, self.last_person = kind, author[:120], person
        return ["last_text", "last_author_kind", "last_author", "last_person"]

    def _unanswered_since(self) -> datetime | None:
        return self._messages().unanswered().order_by("pk").values_list("created_at", flat=True).first()

    def _messages(self) -> MessageSet:
        from sessions_app.models.message import Message

        return Message.objects.filter(session=self.pk)
