"""Offers to undo what a person has just done to a conversation, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from sessions_app.actions import undoing
from sessions_app.changes.kinds import Kind
from sessions_app.models import Change, Person, Session
from sessions_app.models.triage import PRIORITIES, Priority
from sessions_app.queries import access
from sessions_app.validation.numbers import row_number

#: In addresses and forms: the mark as unread of the session with this key, which is no change of the conversation.
UNREAD = "unread-"


@dataclass(frozen=True)
class Offer:
    """The offer to undo `what`: the number of a change, or `UNREAD` and the session's key."""

    session: Session
    what: str
    title: str


def offer_of(change: Change, session: Session) -> Offer:
    """Return the offer to undo this change of the session."""
    return Offer(session, str(change.pk), _title_of(change))


def _title_of(change: Change) -> str:
    return next(words(change.data) for kind, words in TITLES.items() if kind.value == change.kind)


def unread_offer(session: Session) -> Offer:
    """Return the offer to undo a mark as unread."""
    return Offer(session, f"{UNREAD}{session.pk}", _("Marked as unread"))


def offered(person: Person, what: str) -> Offer | None:
    """Return the offer that the address of a page carries as `what`; `None` where there is nothing to undo any more."""
    sessions = access.sessions_for(person)
    if what.startswith(UNREAD):
        session = sessions.filter(pk=row_number(what.removeprefix(UNREAD)) or 0).first()
        return None if session is None else unread_offer(session)
    number = row_number(what)
    if number is None:
        return None
    visible = Change.objects.filter(session__in=sessions).select_related("session")
    change = undoing.undoable(visible, person, number)
    return offer_of(change, change.session) if change is not None and undoing.is_open_to_undo(change) else None


def _assigned(data: Mapping[str, Any]) -> str:
    name = data.get("assignee")
    return _("Assigned to %(name)s") % {"name": name} if name else _("Assigned to nobody")


def _snoozed(data: Mapping[str, Any]) -> str:
    until = parse_datetime(data.get("until") or "")
    if until is None:
        return _("Snoozed until the customer writes")
    return _("Snoozed until %(when)s") % {"when": format_date(timezone.localtime(until), "D j M, H:i")}


def _prioritized(data: Mapping[str, Any]) -> str:
    priority = PRIORITIES.get(str(data.get("priority")), Priority.NORMAL)
    return _("Priority: %(priority)s") % {"priority": priority.label}


#: The words of what was done, by the kind of the change.
TITLES: dict[Kind, Callable[[Mapping[str, Any]], str]] = {
    Kind.SESSION_CLOSED: lambda _data: _("Resolved"),
    Kind.SESSION_SNOOZED: _snoozed,
    Kind.SESSION_SPAM: lambda _data: _("Marked as spam"),
    Kind.SESSION_NOT_SPAM: lambda _data: _("Not spam"),
    Kind.SESSION_ASSIGNED: _assigned,
    Kind.LABEL_ADDED: lambda data: _("Label added: %(label)s") % {"label": data.get("label", "")},
    Kind.LABEL_REMOVED: lambda data: _("Label removed: %(label)s") % {"label": data.get("label", "")},
    Kind.PRIORITY_SET: _prioritized,
    Kind.SESSION_MOVED: lambda data: _("Moved to %(queue)s") % {"queue": data.get("queue_name", "")},
}
