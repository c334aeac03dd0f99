"""The events that endpoints can be told, and the kinds of changes behind each."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models
from django.utils.translation import gettext_lazy as _

from sessions_app.changes.kinds import Kind


class Event(models.TextChoices):
    """`noun.what_happened`, as it stands in a delivery's `type`."""

    SESSION_STARTED = Kind.SESSION_STARTED.value, _("A conversation was started")
    SESSION_CLOSED = Kind.SESSION_CLOSED.value, _("A conversation was resolved")
    SESSION_REOPENED = Kind.SESSION_REOPENED.value, _("A conversation was opened again")
    SESSION_NEEDS_PERSON = Kind.SESSION_NEEDS_PERSON.value, _("A conversation needs a person")
    SESSION_MERGED = Kind.SESSION_MERGED.value, _("Another conversation was merged into one")
    SESSION_UNMERGED = Kind.SESSION_UNMERGED.value, _("A merge was taken apart")
    SESSION_DELETED = Kind.SESSION_DELETED.value, _("A conversation was deleted")
    SESSION_RESTORED = Kind.SESSION_RESTORED.value, _("A deleted conversation was restored")
    SESSION_IMPORTED = Kind.SESSION_IMPORTED.value, _("A conversation was imported")
    MESSAGE_CUSTOMER = Kind.MESSAGE_CUSTOMER.value, _("The customer wrote")
    MESSAGE_ANSWERED = "message.answered", _("A person or the AI answered the customer")
    MESSAGE_NOTE = Kind.MESSAGE_NOTE.value, _("A person left a note for the team")
    NAME_CHANGED = Kind.NAME_CHANGED.value, _("A conversation got another name")
    TICKET_LINKED = Kind.TICKET_LINKED.value, _("A ticket was linked")
    TICKET_UNLINKED = Kind.TICKET_UNLINKED.value, _("A ticket was unlinked")
    TICKET_CHANGED = Kind.TICKET_CHANGED.value, _("A linked ticket has another title or state")
    DECISION_WANTED = "decision.wanted", _("The AI waits for a decision")
    DECISION_MADE = "decision.made", _("People decided")
    DECISION_DROPPED = "decision.dropped", _("A decision is not wanted any more, or time is up")
    RUN_FAILED = Kind.RUN_FAILED.value, _("A turn of the AI failed")


#: Told only to endpoints that name them: people's words, internal ones among them, and the many conversations of an import.
ONLY_CHOSEN = frozenset({Event.SESSION_IMPORTED, Event.MESSAGE_CUSTOMER, Event.MESSAGE_ANSWERED, Event.MESSAGE_NOTE})
#: The test that an admin sends by hand.
TEST = "webhook.test"

OF_KIND: dict[str, Event] = {
    Kind.SESSION_STARTED: Event.SESSION_STARTED,
    Kind.SESSION_CLOSED: Event.SESSION_CLOSED,
    Kind.SESSION_REOPENED: Event.SESSION_REOPENED,
    Kind.SESSION_PERSON_WANTED: Event.SESSION_NEEDS_PERSON,
    Kind.SESSION_NEEDS_PERSON: Event.SESSION_NEEDS_PERSON,
    Kind.SESSION_MERGED: Event.SESSION_MERGED,
    Kind.SESSION_UNMERGED: Event.SESSION_UNMERGED,
    Kind.SESSION_DELETED: Event.SESSION_DELETED,
    Kind.SESSION_RESTORED: Event.SESSION_RESTORED,
    Kind.SESSION_IMPORTED: Event.SESSION_IMPORTED,
    Kind.MESSAGE_CUSTOMER: Event.MESSAGE_CUSTOMER,
    Kind.MESSAGE_PERSON: Event.MESSAGE_ANSWERED,
    Kind.RUN_COMPLETED: Event.MESSAGE_ANSWERED,
    Kind.MESSAGE_NOTE: Event.MESSAGE_NOTE,
    Kind.NAME_CHANGED: Event.NAME_CHANGED,
    Kind.TICKET_LINKED: Event.TICKET_LINKED,
    Kind.TICKET_UNLINKED: Event.TICKET_UNLINKED,
    Kind.TICKET_CHANGED: Event.TICKET_CHANGED,
    Kind.REQUIREMENT_ASKED: Event.DECISION_WANTED,
    Kind.REQUIREMENT_REOPENED: Event.DECISION_WANTED,
    Kind.REQUIREMENT_APPROVED: Event.DECISION_MADE,
    Kind.REQUIREMENT_ANSWERED: Event.DECISION_MADE,
    Kind.REQUIREMENT_EXECUTED: Event.DECISION_MADE,
    Kind.REQUIREMENT_REJECTED: Event.DECISION_MADE,
    Kind.REQUIREMENT_FAILED: Event.DECISION_MADE,
    Kind.REQUIREMENT_EXPIRED: Event.DECISION_DROPPED,
    Kind.REQUIREMENT_CANCELLED: Event.DECISION_DROPPED,
    Kind.REQUIREMENT_SUPERSEDED: Event.DECISION_DROPPED,
    Kind.RUN_FAILED: Event.RUN_FAILED,
}


def is_wanted(event: Event, chosen: Collection[str]) -> bool:
    """Return whether an endpoint that chose these events, or none of them, is told this one."""
    return event.value in chosen if chosen else event not in ONLY_CHOSEN
