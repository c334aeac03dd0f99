"""Operators of a search, as `queue:baggage is:closed`: which there are, and the SQL of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.actions import tickets
from sessions_app.models import Label, Message, Person, Run, Session, SessionLabel
from sessions_app.models.author import Author
from sessions_app.models.search_entry import CUSTOMER, TICKET
from sessions_app.models.session_read import unread_by
from sessions_app.models.ticket import TicketLink
from sessions_app.models.triage import PRIORITIES, Priority
from sessions_app.queries.search_index import PLACES, having, having_in
from sessions_app.text.tokens import Term, term

S = Session.Status
_NEWEST = Run.objects.filter(session=OuterRef("pk"), parent=None).order_by("-pk").values("status")[:1]
_NOTES = Message.objects.filter(session=OuterRef("pk"), internal=True, author_kind=Author.PERSON, run=None)
_LINKS = TicketLink.objects.filter(session=OuterRef("pk"))
_LABELS = SessionLabel.objects.filter(session=OuterRef("pk"))
_STATES: dict[str, Callable[[], Q]] = {
    "open": lambda: Q(status=S.OPEN),
    "closed": lambda: Q(status=S.CLOSED),
    "snoozed": lambda: Q(status=S.SNOOZED),
    "spam": lambda: Q(status=S.SPAM),
    "waiting": lambda: Q(waiting_since__isnull=False),
    "failed": lambda: Q(pk__in=Session.objects.alias(newest=Subquery(_NEWEST)).filter(newest="error").values("pk")),
}
_PARTS: dict[str, Callable[[], Q]] = {
    "ticket": lambda: Q(Exists(_LINKS)),
    "label": lambda: Q(Exists(_LABELS)),
    "note": lambda: Q(Exists(_NOTES)),
}
_SAID = Message.objects.filter(session=OuterRef("pk"))
#: What has a place of words at all.
_OF_PLACE: dict[str, Callable[[], Q]] = {
    "message": lambda: Q(Exists(_SAID.filter(role__in=["user", "assistant"], internal=False))),
    "note": _PARTS["note"],
    "tool": lambda: Q(Exists(_SAID.filter(role="tool"))),
    "ticket": _PARTS["ticket"],
}
#: What each operator is for.
NAMES: dict[str, Promise] = {
    "from": _("the customer: name, mail address or user id"),
    "queue": _("the queue"),
    "label": _("a label"),
    "priority": _("how soon it should be worked"),
    "ticket": _("a linked ticket"),
    "assignee": _("who works it: a name, me, nobody"),
    "is": _("how it stands"),
    "has": _("what is in it"),
    "in": _("where the words stand"),
    "before": _("begun before a day"),
    "after": _("active on a day or later"),
}
#: The values of operators that have only some.
VALUES: dict[str, dict[str, Promise]] = {
    "is": {
        "open": _("open"),
        "closed": _("resolved"),
        "snoozed": _("snoozed"),
        "spam": _("marked as spam"),
        "waiting": _("the customer waits for an answer"),
        "failed": _("the agent’s last turn failed"),
        "unread": _("new for you"),
    },
    "has": {"ticket": _("a linked ticket"), "label": _("any label"), "note": _("a note of your team")},
    "in": {
        "message": _("what people and agents wrote"),
        "note": _("notes of your team"),
        "tool": _("what tools answered"),
        "ticket": _("linked tickets"),
    },
    "priority": {priority.word: priority.label for priority in Priority},
    "before": {"today": _("begun before today"), "2026-05-01": _("a day, written so")},
    "after": {"today": _("active today"), "yesterday": _("active since yesterday"), "7d": _("active in the last 7 days")},
    "assignee": {"me": _("yours"), "nobody": _("nobody’s")},
}


@dataclass(frozen=True)
class Operator:
    """One operator of a query, with its value; `is_not` excludes what it is about."""

    name: str
    value: str
    is_not: bool = False

    def __str__(self) -> str:
        value = f'"{self.value}"' if " " in self.value else self.value
        return f"{'-' if self.is_not else ''}{self.name}:{value}"

    def is_understood(self, *, for_person: bool) -> bool:
        """Return whether the value means something; what is about the reader does so only for one."""
        value = self.value.casefold()
        if (self.name, value) in (("is", "unread"), ("assignee", "me")):
            return for_person
        if self.name == "is":
            return value in _STATES
        if self.name == "has":
            return value in _PARTS
        if self.name == "in":
            return value in _OF_PLACE and not self.is_not
        if self.name == "priority":
            return value in PRIORITIES
        if self.name in ("before", "after"):
            return _day(value) is not None
        return bool(self.value.strip())

    @property
    def asks_index(self) -> bool:
        """True if the index of search is asked for it."""
        return self.name in ("from", "in", "ticket")

    def condition(self, person: Person | None) -> Q:
        """Return the condition of sessions."""
        fits = self._fits(self.value.casefold(), person)
        return ~fits if self.is_not else fits

    def _fits(self, value: str, person: Person | None) -> Q:
        match self.name:
            case "is":
                return Q(unread_by(person)) if value == "unread" and person else _STATES[value]()
            case "has":
                return _PARTS[value]()
            case "before":
                return Q(created_at__lt=_moment(value))
            case "after":
                return Q(activity_at__gte=_moment(value))
            case "in":
                return _OF_PLACE[value]()
            case "label":
                labelled = SessionLabel.objects.filter(label__in=Label.objects.meant_by(self.value))
                return Q(pk__in=labelled.values("session"))
            case "priority":
                priority = PRIORITIES[value]
                return Q(priority=None if priority == Priority.NORMAL else priority.value)
            case "queue":
                return Q(queue__slug=value) | Q(queue__search_text__contains=self.value)
            case "assignee":
                return _assigned(value, person)
            case "ticket":
                known = TicketLink.objects.filter(ticket_id__in=tickets.searched(self.value)).values("session")
                return Q(pk__in=known) | _named(TICKET, self.value)
            case _:
                return Q(user_id=self.value) | _named(CUSTOMER, self.value)


def standing_in(place: str, term: Term) -> Q:
    """Return the condition of sessions in which the term stands in this place, a value of `in:`."""
    if place in PLACES:
        return having_in(place, term)
    return having(Term(tuple(f"{TICKET}{word}" for word in term.tokens), term.is_prefix))


def _assigned(value: str, person: Person | None) -> Q:
    if value == "nobody":
        return Q(assignee=None)
    return Q(assignee=person) if value == "me" else Q(assignee__search_text__contains=value)


def _named(mark: str, value: str) -> Q:
    """Return the condition of sessions with this customer or ticket, whose words are marked in the index."""
    words = term(value)
    return having(Term(tuple(f"{mark}{word}" for word in words.tokens), words.is_prefix)) if words else Q(pk__in=())


def _day(value: str) -> date | None:
    """Parse a day: a date, `today`, `yesterday`, or so many days ago (`7d`)."""
    days = {"today": 0, "yesterday": 1}.get(value)
    if days is None and value.endswith("d") and value[:-1].isdecimal() and len(value) < 6:
        days = int(value[:-1])
    if days is not None:
        return timezone.localdate() - timedelta(days=days)
    try:
        return parse_date(value)
    except ValueError:
        return None


def _moment(value: str) -> datetime:
    """Return when the day begins, where the reader is."""
    return timezone.make_aware(datetime.combine(_day(value) or timezone.localdate(), time.min))


__all__ = ["NAMES", "VALUES", "Operator", "standing_in"]
