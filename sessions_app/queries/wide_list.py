"""The wide form of the list: a table whose columns a person chooses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Person
from sessions_app.queries.inbox_views import DECISIONS

#: The columns that can be chosen beside the name, in their order, and the class of each in the table.
COLUMNS: dict[str, tuple[Promise, str]] = {
    "customer": (_("Customer"), "c-cust"),
    "state": (_("Waits for"), "c-waits"),
    "since": (_("Since"), "c-since"),
    "queue": (_("Queue"), "c-queue"),
    "assignee": (_("Assignee"), "c-who"),
    "ticket": (_("Ticket"), "c-tick"),
    "words": (_("Last words"), "c-words"),
}


@dataclass(frozen=True)
class Column:
    """One column: its name in forms, its heading, its class, and whether the person sees it."""

    name: str
    title: Promise
    css: str
    is_shown: bool


@dataclass(frozen=True)
class WideList:
    """The columns of a person's table; all of them where none was chosen."""

    columns: tuple[Column, ...]
    #: The order by time, as `aria-sort` says it.
    direction: str = "descending"

    @property
    def shown(self) -> list[str]:
        """The names of the columns that are shown."""
        return [column.name for column in self.columns if column.is_shown]

    @property
    def width(self) -> int:
        """The number of the table's columns, with the box to tick and the name."""
        return len(self.shown) + 2


def wide_list(person: Person, where: str, opened: str, order: str = "newest") -> WideList | None:
    """Return the table's columns; `None` where the list is narrow: beside a conversation, and of decisions."""
    if not person.wide_list or opened or where == DECISIONS:
        return None
    chosen = set(person.list_columns.split()) & set(COLUMNS) or set(COLUMNS)
    columns = tuple(Column(name, title, css, name in chosen) for name, (title, css) in COLUMNS.items())
    return WideList(columns, "ascending" if order == "oldest" else "descending")


def kept_columns(names: Iterable[str]) -> str:
    """Return chosen columns as a person's row holds them; unknown names are left out, and all of them are none."""
    chosen = [name for name in COLUMNS if name in set(names)]
    return "" if len(chosen) == len(COLUMNS) else " ".join(chosen)


__all__ = ["COLUMNS", "WideList", "kept_columns", "wide_list"]
