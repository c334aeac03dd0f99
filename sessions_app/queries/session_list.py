"""The list of sessions: its pages, and what each row says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import Label, Person, Requirement, Run, Session, SessionLabel
from sessions_app.models.session import SessionSet
from sessions_app.models.session_read import unread_by
from sessions_app.models.ticket import TicketLink
from sessions_app.models.triage import Priority
from sessions_app.queries.hits import Hit, hits_of
from sessions_app.queries.presenters.badge import Badge
from sessions_app.queries.presenters.requirement import RequirementStatus
from sessions_app.queries.presenters.session import badge_of as session_badge
from sessions_app.queries.session_order import page_of_order
from sessions_app.text.tokens import Term

PAGE = 30
#: Limit of rows in a refresh of a scrolled list.
MOST = 300


@dataclass
class Row:
    """One line of the list."""

    session: Session
    group: str = ""
    requirement: Requirement | None = None
    more_requirements: int = 0
    #: Links to tickets, the primary one first.
    tickets: list[TicketLink] = field(default_factory=list)
    #: By name.
    labels: list[Label] = field(default_factory=list)
    #: Whether something happened here that the reader has not seen.
    unread: bool = False
    #: How the newest turn stands; empty where there is none.
    run_status: str = ""
    #: What a search found in a message; `None` where only the name, the customer or a ticket fits.
    hit: Hit | None = None

    @property
    def classes(self) -> str:
        """The classes of the row's state, as they follow another."""
        return "".join(name for name, holds in {" unread": self.unread, " hit": bool(self.hit)}.items() if holds)

    @property
    def more_tickets(self) -> int:
        """The number of linked tickets beside the two that a row has room for."""
        return max(0, len(self.tickets) - 2)

    @property
    def status(self) -> RequirementStatus | None:
        """The state of the pending decision."""
        return RequirementStatus(self.requirement) if self.requirement else None

    @property
    def badge(self) -> Badge | None:
        """The badge of a session without a pending decision."""
        return session_badge(self.session, self.run_status)


@dataclass
class Page:
    """Some rows, and the cursor of the next ones (`""` at the end)."""

    rows: list[Row]
    next: str = ""
    last: str = ""

    @property
    def groups(self) -> list[tuple[str, list[Row]]]:
        """The rows by their headings; rows that go on with a heading of the page before have none."""
        groups: list[tuple[str, list[Row]]] = []
        for row in self.rows:
            if row.group or not groups:
                groups.append((row.group, []))
            groups[-1][1].append(row)
        return groups


def page_of(sessions: SessionSet, person: Person, sort: str, before: str = "", until: str = "") -> Page:
    """Return the page after the cursor `before`, or everything up to `until`; `sessions` are already narrowed."""
    found, after, is_more = page_of_order(sort, sessions, before, until, PAGE, MOST, lambda part: _described(part, person))
    last = str(found[-1][0].cursor_of(found[-1][1])) if found else ""
    rows = rows_of([session for _stretch, session in found])
    group = _group(after.letter, after.at) if after else ""
    for row, (stretch, _session) in zip(rows, found, strict=True):
        if (name := _group(stretch.letter, stretch.cursor_of(row.session).at)) != group:
            row.group = group = name
    return Page(rows, last if is_more else "", last)


def show_hits(rows: list[Row], terms: list[Term]) -> None:
    """Show in each row what a search found there."""
    hits = hits_of([row.session for row in rows], terms) if terms else {}
    for row in rows:
        row.hit = hits.get(row.session.pk)


def _described(sessions: SessionSet, person: Person) -> SessionSet:
    newest = Run.objects.filter(session=OuterRef("pk"), parent=None).order_by("-pk").values("status")[:1]
    return sessions.select_related("assignee", "queue").annotate(
        unread=ExpressionWrapper(unread_by(person), output_field=BooleanField()), run_status=Subquery(newest)
    )


def unread_among(keys: Iterable[int], person: Person) -> QuerySet[Session, int]:
    """Return a queryset of keys of those sessions that have a change the person has not seen."""
    return Session.objects.filter(unread_by(person), pk__in=keys).values_list("pk", flat=True)


def rows_of(sessions: list[Session]) -> list[Row]:
    """Return rows with their decisions, tickets and labels, in one query for any number."""
    keys = [session.pk for session in sessions]
    waiting_ones, linked, labelled = read_together(
        Requirement.objects.pending().filter(session__in=keys), links_of(keys), labels_of(keys)
    )
    requirements, tickets, labels = _by_session(waiting_ones), _by_session(linked), by_label(labelled)
    rows = []
    for session in sessions:
        waiting = requirements[session.pk]
        row = Row(session, tickets=sorted(tickets[session.pk], key=attrgetter("rank")), labels=labels[session.pk])
        # `_described` has annotated the sessions of a list with these.
        row.unread, row.run_status = bool(getattr(session, "unread", False)), getattr(session, "run_status", None) or ""
        # What the customer has written about since comes first.
        row.requirement = next((asked for asked in waiting if asked.look_again), waiting[0] if waiting else None)
        row.more_requirements = len(waiting) - 1
        rows.append(row)
    return rows


def links_of(keys: Iterable[int]) -> QuerySet[TicketLink]:
    """Return a queryset of the tickets of sessions, with what rows show of them."""
    return TicketLink.objects.filter(session__in=keys).select_related("system", "record")


def labels_of(keys: Iterable[int]) -> QuerySet[SessionLabel]:
    """Return a queryset of the labels of sessions."""
    return SessionLabel.objects.filter(session__in=keys).select_related("label")


def by_label(rows: Iterable[SessionLabel]) -> dict[int, list[Label]]:
    """Return the labels of each session, by name."""
    found: dict[int, list[Label]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.label.search_text):
        found[row.session_id].append(row.label)
    return found


def _by_session(rows: Iterable[Any]) -> dict[int, list[Any]]:
    grouped = defaultdict(list)
    for row in sorted(rows, key=attrgetter("pk")):
        grouped[row.session_id].append(row)
    return grouped


#: Headings of stretches that have one for all of their sessions.
_GROUPS = {"a": gettext_lazy("Not waiting for us"), **{each.word[0]: each.label for each in Priority}}


def _group(letter: str, when: datetime) -> str:
    """Return the heading of sessions: the day of their order's time, or that of sessions without a waiting customer."""
    if letter in _GROUPS:
        return str(_GROUPS[letter])
    today = timezone.localdate()
    day = timezone.localtime(when).date()
    if day >= today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return _("This week") if day > today - timedelta(days=7) else _("Earlier")
