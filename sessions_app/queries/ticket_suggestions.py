"""Tickets that customers mention: suggestions to link, which nothing links by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Left

from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import Message, Session, TicketSystem
from sessions_app.models.ticket_mentions import Mention

#: Newest messages that are looked through, the beginning of each, and how many suggestions there are at most.
MESSAGES, LONGEST, MOST = 10, 2_000, 5


@dataclass(frozen=True)
class Suggestion:
    """A ticket that was mentioned and is not linked."""

    system: TicketSystem
    ticket_id: str

    @property
    def label(self) -> str:
        return self.system.label_of(self.ticket_id)


def words_of(session: Session) -> QuerySet[Message, Any]:
    """Return the beginnings of the texts that the customer wrote lately, where tickets may be mentioned."""
    wrote = session.messages.filter(author_kind=Message.Author.CUSTOMER).order_by("-pk")
    return wrote.values_list(Left("content", LONGEST), flat=True)[:MESSAGES]


def mentioned(session: Session) -> list[Suggestion]:
    """Return the suggestions of one session."""
    wrote, systems, linked, dismissed = read_together(
        words_of(session),
        TicketSystem.objects.all(),
        session.tickets.values_list("system", "ticket_id"),
        session.dismissed_mentions.values_list("system", "ticket_id"),
    )
    return suggestions(wrote, systems, {*linked, *dismissed})


def suggestions(
    texts: Iterable[str], systems: Collection[TicketSystem], settled: Collection[tuple[int, str]]
) -> list[Suggestion]:
    """Return the tickets that texts mention, in their order, without those that are `settled`.

    These are linked or dismissed, each a key of a system and an id.
    """
    found: dict[tuple[int, str], Suggestion] = {}
    for text in texts:
        readings = [(one, mention) for one in systems for mention in one.mentions(text[:LONGEST])]
        for system, mention in _only_keyed(text, readings):
            place = (system.pk, mention.ticket_id)
            if place not in settled:
                found.setdefault(place, Suggestion(system, mention.ticket_id))
    return list(found.values())[:MOST]


def _only_keyed(text: str, found: list[tuple[TicketSystem, Mention]]) -> list[tuple[TicketSystem, Mention]]:
    """Leave out other systems' readings of what begins with the key of one, as "ZD-48213"."""
    keyed = {(mention.start, mention.end) for system, mention in found if system.keyed(text[mention.start : mention.end])}
    return [
        (system, mention)
        for system, mention in found
        if (mention.start, mention.end) not in keyed or system.keyed(text[mention.start : mention.end])
    ]
