"""Stand-ins for a name until there is one: the first words, else the ticket, else whose conversation it is.

A stand-in is no given name: it counts no version and has no record, and anything may take its place.
"""

from __future__ import annotations

from collections.abc import Iterator

from sessions_app.infrastructure.prepared import Prepared, Slot
from sessions_app.models import Message, Session, TicketLink
from sessions_app.models.session import conversation_with
from sessions_app.policy import names
from sessions_app.policy.naming import naming_in_force
from sessions_app.text.first_words import first_words

#: Messages of the customer that are looked at for words that say something.
FIRST_MESSAGES = 3
Stand = tuple[str, str]
#: Each message of a conversation without a name asks them.
_FIRST_SAID = Prepared(
    lambda: (
        Message.objects.said()
        .filter(session=Slot("session", Session, "id"), author_kind=Message.Author.CUSTOMER)
        .order_by("pk")
        .values_list("content", flat=True)[:FIRST_MESSAGES]
    )
)
_FIRST_LINK = Prepared(
    lambda: TicketLink.objects.filter(session=Slot("session", Session, "id")).select_related("record").primary_first()
)


def renew(session: Session) -> None:
    """Make the session's stand-in anew, where it has no name yet. The session's row must be locked or new."""
    if not session.has_stand_in:
        return
    name, source = stand_in(session)
    if (name, source) != (session.name, session.name_source):
        session.name, session.name_source = name, source
        session.save(update_fields=["name", "name_source"])


def stand_in(session: Session) -> Stand:
    """Return a stand-in for the session's name, and its source."""
    rules = naming_in_force(session.queue)
    for text, source in _candidates(session):
        if text and (name := names.fitted(text, session, rules)):
            return name, source
    return conversation_with(session), Session.NameSource.PROVISIONAL


def _candidates(session: Session) -> Iterator[Stand]:
    for text in _FIRST_SAID.all(session=session.pk):
        yield first_words(text), Session.NameSource.PROVISIONAL
    if link := _FIRST_LINK.first(session=session.pk):
        yield (link.record.title if link.record else ""), Session.NameSource.TICKET
        yield link.ticket_id, Session.NameSource.TICKET
