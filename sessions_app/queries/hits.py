"""Hits of a search in conversations: the sentence around each, and where it was said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models.functions import Left

from sessions_app.infrastructure.one_statement import Steps, read_steps
from sessions_app.models import Message, Session
from sessions_app.models.author import Author
from sessions_app.queries.search_index import hits_in, newest_hits
from sessions_app.text.marking import Piece, sentence
from sessions_app.text.tokens import Term

#: So much of a message is looked through for its sentence.
READ = 50_000
#: Hits of one conversation are counted up to here.
MOST = 100
COLUMNS = ("session", "role", "author", "author_kind", "internal", "tool_name", "tool_calls")


@dataclass(frozen=True)
class Hit:
    """The newest place of a conversation where the words of a search stand."""

    message: int
    author: str
    pieces: list[Piece]
    #: Where it was said: `note`, `result` or `call` of the `tool`; empty for what was said to or by the customer.
    place: str = ""
    tool: str = ""


@dataclass(frozen=True)
class Found:
    """The hits of a search in one conversation, from the oldest to the newest; one of them is `current`."""

    messages: list[int]
    current: int = 0
    is_more: bool = False

    @property
    def number(self) -> int:
        """The place of the current one, from 1."""
        return self.messages.index(self.current) + 1

    @property
    def before(self) -> int:
        """The hit before the current one; before the first comes the last."""
        return self.messages[self.number - 2]

    @property
    def after(self) -> int:
        """The hit after the current one; after the last comes the first."""
        return self.messages[self.number % len(self.messages)]


def hits_of(sessions: Sequence[Session], terms: Sequence[Term]) -> dict[int, Hit]:
    """Return the newest hit of each session that has one in a message, in one statement for any number."""
    return read_steps(hits_steps(sessions, terms)) if sessions and terms else {}


def hits_steps(sessions: Sequence[Session], terms: Sequence[Term]) -> Steps[dict[int, Hit]]:
    """Read as `hits_of`, beside other rows."""
    customers = {session.pk: session.customer for session in sessions}
    said = Message.objects.filter(pk__in=newest_hits(customers, terms)) if customers and terms else Message.objects.none()
    (rows,) = yield [said.annotate(_beginning=Left("content", READ)).only(*COLUMNS)]
    return {row.session_id: _hit(row, terms, customers[row.session_id]) for row in rows}


def found_in(session: Session, terms: Sequence[Term], current: int | None) -> Found | None:
    """Return the hits of a search in a conversation; `None` where it has none. Without a `current` one, the newest is."""
    newest_first = hits_in(session.pk, terms, MOST + 1)
    if not newest_first:
        return None
    messages = newest_first[MOST - 1 :: -1]
    return Found(messages, current if current in messages else messages[-1], len(newest_first) > MOST)


def _hit(row: Message, terms: Sequence[Term], customer: str) -> Hit:
    author = customer if row.author_kind == Author.CUSTOMER else row.author
    pieces = sentence(row.beginning, terms) or sentence(row.tool_name, terms)
    place, tool = ("result", row.tool_name) if row.role == "tool" else ("note" if row.internal else "", "")
    if not pieces:
        for call in row.tool_calls:
            if pieces := sentence(f"{call.get('name', '')}: {_call_text(call.get('arguments'))}", terms):
                place, tool = "call", str(call.get("name", ""))
                break
    return Hit(row.pk, author, pieces or [Piece(row.beginning[:200], is_hit=False)], place, tool)


def _call_text(arguments: object) -> str:
    """Return arguments as a line, with the letters that JSON writes as numbers."""
    try:
        value = json.loads(arguments) if isinstance(arguments, str) else arguments
    except (ValueError, RecursionError):
        return str(arguments)
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    texts = (each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in value.values())
    return ", ".join(texts)


__all__ = ["Found", "Hit", "found_in", "hits_of"]
