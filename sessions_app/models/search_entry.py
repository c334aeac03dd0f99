"""The index of search: the words of each message, and of what identifies a conversation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from sessions_app.text.tokens import tokens

#: An entry's key is its session's above so many bits, and its message's below: entries of a session are neighbours, and an
#: index tells a hit's session and message without reading any row.
MESSAGE_BITS = 32
#: Of a text so many characters and of its words so many bytes are indexed: PostgreSQL has a limit of one megabyte.
LONGEST_TEXT, LONGEST_WORDS = 200_000, 800_000
#: Columns of a session whose words are indexed.
INDEXED = frozenset(["name", "customer_name", "customer_email", "user_id"])
#: Stands between texts that are no neighbours, so that no phrase runs across. No text has it as a word.
APART = "¦"
#: Words of the customer and of tickets stand once more with these before them, so that they can be asked for alone.
CUSTOMER, TICKET = "¤", "¬"


class Message(Protocol):
    """Columns of a message that are indexed. The models import this module, so it knows them by what they have."""

    pk: Any
    session_id: Any
    role: Any
    content: Any
    tool_name: Any
    tool_calls: Any


class Session(Protocol):
    """Columns of a session that are indexed."""

    pk: Any
    name: Any
    customer_name: Any
    customer_email: Any
    user_id: Any
    tickets: Any


class SearchEntrySet(models.QuerySet["SearchEntry"]):
    """Writers of the index."""

    def keep_messages(self, messages: Iterable[Message]) -> None:
        """Index stored messages. Instructions are not searched."""
        said = ((message, _joined(_texts_of(message))) for message in messages if message.role != "system")
        self._keep(
            SearchEntry(
                pk=key_of(message.session_id, message.pk), session_id=message.session_id, message_id=message.pk, words=words
            )
            for message, words in said
            if words
        )

    def keep_session(self, session: Session, changed: Iterable[str] | None = None) -> None:
        """Index what identifies a session: its name, its customer, its tickets; nothing where only other columns `changed`."""
        if changed is not None and INDEXED.isdisjoint(changed):
            return
        tickets = session.tickets.order_by("pk").values_list("ticket_id", flat=True)
        customer = (session.customer_name, session.customer_email, session.user_id)
        marked = _joined(customer, CUSTOMER), _joined(tickets, TICKET)
        words = f" {APART} ".join(filter(None, (_joined([session.name, *customer, *tickets]), *marked)))
        self._keep([SearchEntry(pk=key_of(session.pk), session_id=session.pk, words=words)])

    def move(self, messages: Iterable[int], source: Session, target: Session) -> None:
        """Make the entries of these messages those of another session."""
        shift = (target.pk - source.pk) << MESSAGE_BITS
        self.filter(message__in=messages, session=source.pk).update(session=target.pk, id=F("id") + shift)

    def _keep(self, entries: Iterable[SearchEntry]) -> None:
        self.bulk_create(entries, batch_size=500, update_conflicts=True, unique_fields=["id"], update_fields=["words"])


class SearchEntry(models.Model):
    """Searchable words of a message, or of a session where `message` is empty.

    The databases' own indexes stand on `words`: see the migration and `queries.search_index`.
    """

    id = models.BigIntegerField(primary_key=True)
    session = models.ForeignKey("sessions_app.Session", on_delete=models.CASCADE, related_name="search_entries")
    message = models.OneToOneField(
        "sessions_app.Message", null=True, on_delete=models.CASCADE, related_name="search_entry", editable=False
    )
    words = models.TextField()

    objects = SearchEntrySet.as_manager()

    class Meta:
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")

    def __str__(self) -> str:
        return self.words[:60]


class SearchBacklog(models.Model):
    """Rows that an upgrade left to be indexed: messages and sessions up to these keys, newest first."""

    messages = models.BigIntegerField(default=0)
    sessions = models.BigIntegerField(default=0)
    #: Erasures whose words SQLite's index still has, marked as deleted.
    erasures = models.BigIntegerField(default=0)

    objects = models.Manager["SearchBacklog"]()

    class Meta:
        verbose_name = _("search backlog")
        verbose_name_plural = _("search backlogs")

    def __str__(self) -> str:
        return f"{self.messages}, {self.sessions}"


def key_of(session: int, message: int = 0) -> int:
    """Return the key of a message's entry, or of the session's own."""
    return session << MESSAGE_BITS | message


def _texts_of(message: Message) -> Iterator[str]:
    """Yield what a message says, and names and arguments of its tool calls."""
    yield message.content
    yield message.tool_name
    for call in message.tool_calls:
        yield str(call.get("name", ""))
        yield from _texts_in(_parsed(call.get("arguments")))


def _parsed(arguments: Any) -> Any:
    """Return the value of arguments, which are JSON; of what is no JSON its text."""
    try:
        return json.loads(arguments)
    except (TypeError, ValueError, RecursionError):
        return arguments


def _texts_in(value: Any) -> Iterator[str]:
    """Yield every text and number within a JSON value."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as members:
                waiting += reversed(members.values())
            case list() as parts:
                waiting += reversed(parts)
            case bool() | None:
                pass
            case text_or_number:
                yield str(text_or_number)


def _joined(texts: Iterable[str], mark: str = "") -> str:
    """Return the words of the texts, separated by spaces, each behind the mark."""
    parts = [" ".join(f"{mark}{token}" for token in tokens(text[:LONGEST_TEXT])) for text in texts if text]
    joined = f" {APART} ".join(filter(None, parts))
    if len(joined) * 4 <= LONGEST_WORDS or len(joined.encode()) <= LONGEST_WORDS:
        return joined
    return joined.encode()[:LONGEST_WORDS].decode(errors="ignore").rpartition(" ")[0]


__all__ = ["CUSTOMER", "TICKET", "SearchBacklog", "SearchEntry", "key_of"]
