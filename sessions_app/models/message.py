"""One entry of a conversation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Left, Length
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from kern.records.message import Role
from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import new_id
from sessions_app.models import shapes
from sessions_app.models.author import Author
from sessions_app.models.choices import choices_of
from sessions_app.models.fields import MomentField, NameField, OrderedJSONField
from sessions_app.models.row import Row
from sessions_app.models.run import Run
from sessions_app.models.search_entry import SearchEntry
from sessions_app.models.session import Session
from sessions_app.text.formatting import SHOWN, markdown_html, plain_html

#: Messages that answer everything before them: people's replies, and the end of a turn. Notes are none.
ANSWERS = Q(author_kind=Author.PERSON, internal=False) | Q(
    author_kind=Author.AGENT,
    internal=False,
    sent=True,
    run__parent=None,
    run__status=Run.Status.COMPLETED,
    run__purpose=Run.Purpose.ANSWER,
)


class MessageSet(models.QuerySet["Message"]):
    def bulk_create(self, objs: Iterable[Message], *args: Any, **options: Any) -> list[Message]:
        created = super().bulk_create(objs, *args, **options)
        SearchEntry.objects.keep_messages(created)
        return created

    def unanswered(self) -> MessageSet:
        """Return customers' messages without an answer: no run has taken them and no person has replied since.

        The next run answers them all.
        """
        replies = Message.objects.filter(run=None, author_kind=Author.PERSON, internal=False)
        answered = Exists(replies.filter(session=OuterRef("session"), pk__gt=OuterRef("pk")))
        return self.filter(~answered, run=None, author_kind=Author.CUSTOMER)

    def unanswered_since(self) -> datetime | None:
        """Return the time of the first unanswered message."""
        return self.unanswered().order_by("pk").values_list("created_at", flat=True).first()

    def asked_since_answer(self) -> datetime | None:
        """Return the time of the customer's first message after the last answer."""
        answer = self.filter(ANSWERS).exclude(content="").order_by("-pk").values_list("pk", flat=True).first() or 0
        asked = self.filter(author_kind=Author.CUSTOMER, pk__gt=answer)
        return asked.order_by("pk").values_list("created_at", flat=True).first()

    def last_said(self) -> Message | None:
        """Return the newest message between the customer and the desk."""
        said = self.filter(ANSWERS | Q(author_kind=Author.CUSTOMER)).exclude(content="")
        return said.select_related("person").order_by("-pk").first()

    def excerpts(self) -> MessageSet:
        """Return messages for a page, with only the beginning of a very long text."""
        beginnings = {"_beginning": Left("content", SHOWN), "_length": Length("content")}
        thoughts = {"_thought": Left("reasoning", SHOWN)}
        return self.defer("content", "reasoning", "provider_items").annotate(**beginnings, **thoughts)

    def said(self) -> MessageSet:
        """Return messages between the customer, the agent and people: no tools, no notes, nothing inside a team or unsent."""
        return self.filter(run__parent=None, internal=False, sent=True, role__in=["user", "assistant"]).exclude(content="")

    def for_customer(self) -> MessageSet:
        """Return messages that the customer may see: their own and those sent to them."""
        sent = Q(author_kind__in=[Author.CUSTOMER, Author.PERSON])
        answered = Q(author_kind=Author.AGENT, run__parent=None, sent=True)
        said = self.filter(sent | answered, internal=False, role__in=["user", "assistant"]).exclude(content="")
        return said.exclude(run__purpose__in=[Run.Purpose.DRAFT, Run.Purpose.INTERNAL]).defer("reasoning")


class Message(Row):
    """A message of a customer, an agent, a person or a tool. Rows are appended and never rewritten.

    `run` is empty for people's messages, and for a customer's message until a run takes it. `internal` messages never reach the
    customer; of them the model sees only people's private questions, and its answers to those. `sent` says whether words of an
    agent reached the customer.
    """

    Author = Author

    message_id = models.CharField(max_length=64, default=new_id)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="messages", db_index=False)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.CASCADE, related_name="messages", db_index=False)
    role = models.CharField(max_length=9, choices=choices_of(Role), default="user")
    author_kind = models.CharField(max_length=8, choices=Author, default=Author.CUSTOMER)
    author = NameField(max_length=120, blank=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    content = models.TextField(blank=True)
    tool_calls: models.JSONField[Any, Any] = OrderedJSONField(default=list, blank=True, fits=shapes.tool_calls)
    tool_call_id = models.CharField(max_length=200, blank=True)
    tool_name = models.CharField(max_length=200, blank=True)
    provider_items: models.JSONField[Any, Any] = OrderedJSONField(default=list, blank=True, fits=shapes.objects)
    reasoning = models.TextField(blank=True, help_text=_("What the model thought before it said this. For the team alone."))
    internal = models.BooleanField(default=False)
    sent = models.BooleanField(default=True)
    idempotency_key = models.CharField(max_length=200, blank=True)
    created_at = MomentField(default=clock.now)

    objects = MessageSet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["session", "id"], name="message_by_session"),
            models.Index(fields=["run", "id"], name="message_by_run", condition=Q(run__isnull=False)),
            models.Index(fields=["session", "id"], name="message_outside_runs", condition=Q(run__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["message_id"], name="one_message_an_id"),
            models.UniqueConstraint(
                fields=["session", "idempotency_key"], condition=~Q(idempotency_key=""), name="one_message_a_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.content[:60]}"

    def save(self, *args: Any, **options: Any) -> None:
        """Store the row, and index what it says in the same transaction."""
        says = self._state.adding or "content" in (options.get("update_fields") or ["content"])
        super().save(*args, **options)
        if says:
            SearchEntry.objects.keep_messages([self])

    @property
    def is_markdown(self) -> bool:
        """True if agents or people of the desk wrote it; customers' messages are plain text."""
        return self.author_kind in (Author.AGENT, Author.PERSON)

    @property
    def html(self) -> SafeString:
        """The message as every page shows it; of a very long text the beginning (`is_cut`)."""
        return markdown_html(self.beginning) if self.is_markdown else plain_html(self.beginning)

    @property
    def beginning(self) -> str:
        """The part of the text that a page shows."""
        known: str | None = self.__dict__.get("_beginning")
        return self.content[:SHOWN] if known is None else known

    @property
    def thought(self) -> str:
        """The part of the model's thinking that a page shows."""
        known: str | None = self.__dict__.get("_thought")
        return self.reasoning[:SHOWN] if known is None else known

    @property
    def length(self) -> int:
        """The number of characters of the text."""
        known: int | None = self.__dict__.get("_length")
        return len(self.content) if known is None else known

    @property
    def is_cut(self) -> bool:
        """True if a page shows only the beginning of the text."""
        return self.length > SHOWN
