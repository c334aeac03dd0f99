"""Read a CSV of tickets: each line names a conversation (by its id, its customer's id or mail) and a ticket."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from sessions_app.actions import tickets
from sessions_app.errors import InvalidAction
from sessions_app.jobs.planning import Wanted
from sessions_app.models import Session, TicketSystem
from sessions_app.models.session import SessionSet

MOST_LINES = 20_000
LONGEST_CELL = 2_000
CHUNK = 500
#: Where a conversation's name in a line may stand.
COLUMNS = ("session_id", "user_id", "customer_email")
#: First cells of a heading.
HEADINGS = (
    "session",
    "session id",
    "session_id",
    "conversation",
    "customer",
    "customer id",
    "user",
    "user_id",
    "mail",
    "email",
)


@dataclass(frozen=True)
class BadLine:
    """A line that cannot be used, and why."""

    number: int
    text: str
    reason: str


@dataclass
class Table:
    """The meaning of a CSV: the rows of a job, and the lines that cannot be used."""

    wanted: list[Wanted] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)


def read(text: str, sessions: SessionSet) -> Table:
    """Read the CSV; conversations are looked for among these. Raises `InvalidAction` for one without lines or with too many."""
    lines = list(_cells(text))
    if not lines:
        raise InvalidAction(_("There is no line. Write for example: session id, ticket"))
    if len(lines) > MOST_LINES:
        raise InvalidAction(_("That has more than %(most)s lines: split it.") % {"most": MOST_LINES})
    table, systems = Table(), list(TicketSystem.objects.all())
    known = _known(sessions, {cells[0] for _number, cells in lines if cells})
    for number, cells in lines:
        try:
            table.wanted.append(_wanted(cells, systems, known))
        except InvalidAction as problem:
            table.bad.append(BadLine(number, ", ".join(cells)[:120], problem.message))
    return table


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the cells of each line that has any; a heading is left out."""
    plain = text.removeprefix("\ufeff").replace("\x00", "")
    # What spreadsheets of different countries write between cells; a heading may have one cell.
    delimiter = max("\t;,", key="\n".join(plain.splitlines()[:20]).count)
    rows = csv.reader(io.StringIO(plain, newline=""), delimiter=delimiter)
    is_first = True
    for cells in rows:
        stripped = [cell.strip()[:LONGEST_CELL] for cell in cells]
        if not any(stripped):
            continue
        if not (is_first and stripped[0].casefold() in HEADINGS):
            yield rows.line_num, stripped
        is_first = False


def _wanted(cells: list[str], systems: list[TicketSystem], known: dict[str, list[Session]]) -> Wanted:
    if len(cells) < 2 or not cells[0] or not cells[1]:
        raise InvalidAction(_("A line has two cells: a conversation and its ticket."))
    system, ticket = tickets.located(cells[1], systems)
    return Wanted(_only_one(cells[0], known.get(cells[0].casefold(), [])).pk, {"ticket": f"{system.slug}:{ticket}"})


def _only_one(named: str, found: list[Session]) -> Session:
    """Return the conversation that is meant: by its id, or the customer's only one, or their only open one."""
    exact = [session for session in found if session.session_id == named]
    open_ones = [session for session in found if session.status == Session.Status.OPEN]
    for several in (exact, found, open_ones):
        if len(several) == 1:
            return several[0]
    if not found:
        raise InvalidAction(_("There is no conversation “%(named)s” in your queues.") % {"named": named[:80]})
    raise InvalidAction(
        _("“%(named)s” has %(count)d conversations: write the id of the one that is meant.")
        % {"named": named[:80], "count": len(found)}
    )


def _known(sessions: SessionSet, names: Iterable[str]) -> dict[str, list[Session]]:
    """Return the conversations that these names may mean, by the name in small letters."""
    found: dict[str, dict[int, Session]] = {}
    wanted = sorted(names)
    for first in range(0, len(wanted), CHUNK):
        part = wanted[first : first + CHUNK]
        for column in COLUMNS:
            values = [*part, *(name.lower() for name in part)] if column == "customer_email" else part
            for session in sessions.filter(**{f"{column}__in": values}).only(
                "session_id", "user_id", "customer_email", "status"
            ):
                found.setdefault(getattr(session, column).casefold(), {})[session.pk] = session
    return {name: list(several.values()) for name, several in found.items()}
