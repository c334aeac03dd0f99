"""The wide form of the list: a table whose columns a person chooses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Person
from sessions_app.queries.filters import Filters
from sessions_app.queries.inbox_views import DECISIONS

#: The columns that can be chosen beside the name, in their order, and the class of each in the table.
COLUMNS: dict[str, tuple[Promise, str]] = {
    "customer": (_("Customer"), "c-cust"),
    "state": (_("Waits for"), "c-waits"),
    "since": (_("Since"), "c-since"),
    "queue": (_("Queue"), "c-queue"),
    "labels": (_("Labels"), "c-labels"),
    "assignee": (_("Assignee"), "c-who"),
    "priority": (_("Priority"), "c-pri"),
    "ticket": (_("Ticket"), "c-tick"),
    "words": (_("Last words"), "c-words"),
}
#: The orders that a column's heading leads to, one after the other: their names and directions as `aria-sort` says them.
ORDERS_BY: dict[str, dict[str, tuple[Promise, str]]] = {
    "since": {"newest": (_("Newest first"), "descending"), "oldest": (_("Longest wait"), "ascending")},
    "priority": {"priority": (_("Priority"), "descending")},
}


@dataclass(frozen=True)
class Column:
    """One column: its name in forms, its heading, its class, and whether the person sees it.

    `direction` is the list's, where it is in this column's order; `address` leads to the order `leads_to`.
    """

    name: str
    title: Promise
    css: str
    is_shown: bool
    direction: str = ""
    leads_to: Promise | str = ""
    address: str = ""


@dataclass(frozen=True)
class WideList:
    """The columns of a person's table; all of them where none was chosen."""

    columns: tuple[Column, ...]

    @property
    def shown(self) -> list[str]:
        """The names of the columns that are shown."""
        return [column.name for column in self.columns if column.is_shown]

    @property
    def width(self) -> int:
        """The number of the table's columns, with the box to tick and the name."""
        return len(self.shown) + 2


def wide_list(person: Person, where: str, opened: str, filters: Filters) -> WideList | None:
    """Return the table's columns; `None` where the list is narrow: beside a conversation, and of decisions."""
    if not person.wide_list or opened or where == DECISIONS:
        return None
    chosen = set(person.list_columns.split()) & set(COLUMNS) or set(COLUMNS)
    return WideList(
        tuple(
            Column(name, title, css, name in chosen, *_ordering(name, where, filters)) for name, (title, css) in COLUMNS.items()
        )
    )


def _ordering(column: str, where: str, filters: Filters) -> tuple[str, Promise | str, str]:
    """Return the direction of the list in this column's order, the name of the order its heading leads to, and the address."""
    orders, here = ORDERS_BY.get(column, {}), filters.order_in(where)
    direction = orders[here][1] if here in orders else ""
    leads_to = next((order for order in orders if order != here), "")
    return (direction, orders[leads_to][0], filters.query(sort=leads_to)) if leads_to else (direction, "", "")


def kept_columns(names: Iterable[str]) -> str:
    """Return chosen columns as a person's row holds them; unknown names are left out, and all of them are none."""
    chosen = [name for name in COLUMNS if name in set(names)]
    return "" if len(chosen) == len(COLUMNS) else " ".join(chosen)


__all__ = ["COLUMNS", "WideList", "kept_columns", "wide_list"]
