"""The list of sessions: filters, order, keyset pages, and the rows' content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Subquery
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from sessions_app.models import Person, Requirement, Run, Session
from sessions_app.models.session import SessionSet
from sessions_app.models.session_read import unread_by
from sessions_app.models.ticket import TicketLink
from sessions_app.queries.presenters.badge import Badge
from sessions_app.queries.presenters.requirement import RequirementStatus
from sessions_app.queries.presenters.session import badge_of as session_badge
from sessions_app.queries.search import LONGEST_QUERY, Words, matching, words_of
from sessions_app.queries.session_order import ORDERS, page_of_order
from sessions_app.validation.text import searchable

PAGE = 30
#: Limit of rows in a refresh of a scrolled list.
MOST = 300


@dataclass(frozen=True)
class Filters:
    """Filters and order of the list, as in the address."""

    q: str = ""
    queue: str = ""
    unread: bool = False
    unnamed: bool = False
    sort: str = "newest"
    details: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> Filters:
        """Parse an address; unknown parameters are ignored."""
        sort = query.get("sort", "")
        return cls(
            # A little more than is looked for, so that it can be told.
            q=searchable(query.get("q", ""))[: LONGEST_QUERY + 50],
            queue=searchable(query.get("queue", ""))[:50],
            unread="unread" in query,
            unnamed="unnamed" in query,
            sort=sort if sort in ORDERS else "newest",
            details="details" in query,
        )

    def query(self, **changes: Any) -> str:
        """Return the address's query, with `changes`; `?` and empty included, so that it replaces an old one."""
        given = {**self.__dict__, **changes}
        defaults = Filters()
        kept = {key: 1 if value is True else value for key, value in given.items() if value != getattr(defaults, key, "")}
        return f"?{urlencode(kept)}" if kept else "?"

    @property
    def here(self) -> str:
        """Return the query of fragments' addresses, which have more of their own."""
        return self.query()

    @property
    def suffix(self) -> str:
        """Return the query of pages' addresses; empty for defaults."""
        return "" if self.here == "?" else self.here

    @property
    def leading(self) -> str:
        """Return the query as the beginning of a longer one."""
        return f"{self.here[1:]}&" if self.here != "?" else ""

    @property
    def sort_options(self) -> list[tuple[str, str, bool]]:
        """Return each order's name, its address and whether it is in force."""
        return self.sorts(_("Newest first"))

    def sorts(self, first: str) -> list[tuple[str, str, bool]]:
        """Return `sort_options`, with the name of a list's own order."""
        names = {"newest": first, "oldest": _("Longest wait")}
        return [(name, self.query(sort=sort), sort == self.sort) for sort, name in names.items()]

    @property
    def words(self) -> Words:
        """Return the search words."""
        return words_of(self.q)

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.queue or self.unread or self.unnamed)

    def chips(self, queues: dict[str, str]) -> list[tuple[str, str]]:
        """Return the active filters: name, and the address without it. `queues` are names by slug."""
        chosen = [
            (f"“{self.q}”" if self.q else "", self.query(q="")),
            (queues.get(self.queue, self.queue), self.query(queue="")),
            (_("Unread") if self.unread else "", self.query(unread=False)),
            (_("Unnamed") if self.unnamed else "", self.query(unnamed=False)),
        ]
        return [(name, address) for name, address in chosen if name]

    def choices(self, queues: dict[str, str]) -> list[tuple[str, str]]:
        """Return the inactive filters: name, and the address with it."""
        unread = [] if self.unread else [(_("Unread"), self.query(unread=True))]
        unnamed = [] if self.unnamed else [(_("Unnamed"), self.query(unnamed=True))]
        return [*unread, *unnamed, *((name, self.query(queue=slug)) for slug, name in queues.items() if slug != self.queue)]

    def narrow(self, sessions: SessionSet, person: Person) -> SessionSet:
        """Return only the sessions that fit."""
        if self.queue:
            sessions = sessions.filter(queue__slug=self.queue)
        if self.unread:
            sessions = sessions.filter(unread_by(person))
        if self.unnamed:
            sessions = sessions.filter(name="")
        return matching(sessions, self.words)


@dataclass
class Row:
    """One line of the list."""

    session: Session
    group: str = ""
    requirement: Requirement | None = None
    more_requirements: int = 0
    tickets: list[str] = field(default_factory=list)
    #: Whether something happened here that the reader has not seen.
    unread: bool = False
    #: How the newest turn stands; empty where there is none.
    run_status: str = ""

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


def _described(sessions: SessionSet, person: Person) -> SessionSet:
    newest = Run.objects.filter(session=OuterRef("pk"), parent=None).order_by("-pk").values("status")[:1]
    return sessions.select_related("assignee", "queue").annotate(
        unread=ExpressionWrapper(unread_by(person), output_field=BooleanField()), run_status=Subquery(newest)
    )


def unread_keys(keys: Iterable[int], person: Person) -> set[int]:
    """Return keys of those sessions that have a change the person has not seen."""
    return set(Session.objects.filter(unread_by(person), pk__in=keys).values_list("pk", flat=True))


def rows_of(sessions: list[Session]) -> list[Row]:
    """Return rows with their decisions and tickets, in two queries for any number."""
    keys = [session.pk for session in sessions]
    requirements = _by_session(Requirement.objects.pending().filter(session__in=keys).order_by("pk"))
    tickets = _by_session(TicketLink.objects.filter(session__in=keys).order_by("pk"))
    rows = []
    for session in sessions:
        waiting = requirements[session.pk]
        row = Row(session, tickets=[link.ticket_id for link in tickets[session.pk]])
        # `_described` has annotated the sessions of a list with these.
        row.unread, row.run_status = bool(getattr(session, "unread", False)), getattr(session, "run_status", None) or ""
        # What the customer has written about since comes first.
        row.requirement = next((asked for asked in waiting if asked.look_again), waiting[0] if waiting else None)
        row.more_requirements = len(waiting) - 1
        rows.append(row)
    return rows


def _by_session(rows: Iterable[Any]) -> dict[int, list[Any]]:
    grouped = defaultdict(list)
    for row in rows:
        grouped[row.session_id].append(row)
    return grouped


def _group(letter: str, when: datetime) -> str:
    """Return the heading of sessions: the day of their order's time, or that of sessions without a waiting customer."""
    if letter == "a":
        return _("Nobody waits")
    today = timezone.localdate()
    day = timezone.localtime(when).date()
    if day >= today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return _("This week") if day > today - timedelta(days=7) else _("Earlier")
