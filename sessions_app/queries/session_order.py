"""Orders of the list of sessions, read page by page with a key: newest first, longest wait first, or by priority."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import EmptyResultSet
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from sessions_app.models import Session
from sessions_app.models.session import SessionSet
from sessions_app.models.triage import Priority
from sessions_app.models.waiting import WaitingFor
from sessions_app.queries.counting import capped_counts
from sessions_app.queries.paging import Order, grown
from sessions_app.validation.numbers import row_number


@dataclass(frozen=True)
class Stretch:
    """Sessions that stand together in an order, by one column and the key; `letter` begins their cursors."""

    letter: str
    column: str
    descending: bool
    #: Whether it holds only sessions that wait for a person, or only others; `None` for both.
    for_person: bool | None = None
    #: The priority of its sessions; `None` for any.
    priority: Priority | None = None

    def holds(self, session: Session) -> bool:
        """Return whether the session stands in this stretch."""
        waits = session.waiting_for == WaitingFor.PERSON
        is_of = self.for_person in (None, waits) and self.priority in (None, session.urgency)
        return getattr(session, self.column) is not None and is_of

    def sorted(self, sessions: list[Session]) -> list[Session]:
        """Return the stretch's part of loaded sessions, in its order."""
        held = [session for session in sessions if self.holds(session)]
        return sorted(held, key=lambda session: (getattr(session, self.column), session.pk), reverse=self.descending)

    @property
    def order(self) -> Order:
        """The order within the stretch."""
        sign = "-" if self.descending else ""
        return Order.by(f"{sign}{self.column}", f"{sign}pk")

    def of(self, sessions: SessionSet, after: Cursor | None = None) -> SessionSet:
        """The stretch's part of the sessions, in its order, from behind the cursor."""
        return self.order.of(self._part(sessions), after.place if after else None)

    def up_to(self, sessions: SessionSet, last: Cursor) -> SessionSet:
        """Return the stretch's part up to the cursor and with it."""
        return self.order.up_to(self._part(sessions), last.place)

    def cursor_of(self, session: Session) -> Cursor:
        """Return a session's place in the stretch."""
        return Cursor(self.letter, getattr(session, self.column), session.pk)

    def _part(self, sessions: SessionSet) -> SessionSet:
        found = sessions.filter(**{f"{self.column}__isnull": False})
        if self.priority is not None:
            found = found.filter(priority=None if self.priority == Priority.NORMAL else self.priority.value)
        if self.for_person is None:
            return found
        waits = Q(waiting_for=WaitingFor.PERSON)
        return found.filter(waits if self.for_person else ~waits)


@dataclass(frozen=True)
class Cursor:
    """A session's place in a stretch; travels in addresses."""

    letter: str
    at: datetime
    pk: int

    @property
    def place(self) -> tuple[datetime, int]:
        """The values of the order's keys."""
        return self.at, self.pk

    def __str__(self) -> str:
        return f"{self.letter}{self.at.isoformat()}~{self.pk}"

    @classmethod
    def of(cls, text: str, stretches: tuple[Stretch, ...]) -> Cursor | None:
        """Parse a cursor in an address; `None` for an invalid one or one of another order."""
        letter = text[:1] if text[:1].isalpha() else ""
        at, _tilde, key = text[len(letter) :].partition("~")
        try:
            when = parse_datetime(at.replace(" ", "+"))
        except ValueError:
            return None
        known = letter in [stretch.letter for stretch in stretches]
        number = row_number(key)
        if not known or when is None or number is None or not timezone.is_aware(when):
            return None
        return cls(letter, when, number)


#: "Priority" has the urgent ones first, and the newest first among those of one priority.
#: "Longest wait" is about customers who wait for a person: since their first unanswered message, the oldest of them first.
#: Those whom an agent answers right now, and those who do not wait, stand behind, as in the usual order. Closed sessions are
#: among these; in a snoozed one the customer may well wait. Of two with the same time the one with the lower key comes first.
ORDERS: dict[str, tuple[Stretch, ...]] = {
    "newest": (Stretch("", "activity_at", True),),
    "oldest": (
        Stretch("w", "waiting_since", False, for_person=True),
        Stretch("a", "activity_at", True, for_person=False),
    ),
    "priority": tuple(Stretch(each.word[0], "activity_at", True, priority=each) for each in Priority),
}


def page_of_order(
    order: str,
    sessions: SessionSet,
    before: str,
    until: str,
    size: int,
    most: int,
    describe: Callable[[SessionSet], SessionSet],
) -> tuple[list[tuple[Stretch, Session]], Cursor | None, bool]:
    """Return sessions behind the cursor `before`, or everything up to `until`, each with its stretch.

    Returns also the cursor behind which they stand, and whether there are more. `describe` adds the columns that a row shows.
    """
    stretches = ORDERS[order]
    after = Cursor.of(before, stretches)
    last = None if after else Cursor.of(until, stretches)
    limit = grown(size, most, lambda: _count_up_to(stretches, sessions, last)) if last else size
    letters = [stretch.letter for stretch in stretches]
    left = stretches[letters.index(after.letter) :] if after else stretches
    parts = [stretch.of(sessions, after if number == 0 else None)[: limit + 1] for number, stretch in enumerate(left)]
    rows = list(describe(parts[0])) if len(parts) == 1 else _one_after_the_other(left, parts, describe)
    found = [(stretch, row) for stretch in left for row in rows if stretch.holds(row)]
    return found[:limit], after, len(found) > limit


def _one_after_the_other(
    stretches: tuple[Stretch, ...], parts: list[SessionSet], describe: Callable[[SessionSet], SessionSet]
) -> list[Session]:
    """Unite parts in one query, each found by its own index. The ORM makes the SQL, values are parameters."""
    try:
        queries = [part.values("pk").query.sql_with_params() for part in parts]
    except EmptyResultSet:
        return []
    named = [f"SELECT * FROM ({query}) AS part{number}" for number, (query, _params) in enumerate(queries)]  # noqa: S608
    sql = " UNION ALL ".join(named)
    params = [param for _query, params in queries for param in params]
    rows = list(describe(Session.objects.filter(pk__in=RawSQL(sql, params))))  # noqa: S611
    return [row for stretch in stretches for row in stretch.sorted(rows)]


def _count_up_to(stretches: tuple[Stretch, ...], sessions: SessionSet, last: Cursor) -> int:
    """Return the number of sessions up to the cursor, capped, in one query."""
    whole = [stretch.letter for stretch in stretches].index(last.letter)
    parts = [stretch.of(sessions) for stretch in stretches[:whole]]
    return sum(capped_counts([*parts, stretches[whole].up_to(sessions, last)]))
