"""Keyset paging: a page begins behind a row's place in the order, so that page 1,000 costs what page 1 costs.

Every list that goes on reads its pages with an `Order`: the lists of the inbox, the customer's page and the API.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import models
from django.db.models import F, Q

Row = TypeVar("Row", bound=models.Model)
Rows = TypeVar("Rows", bound=models.QuerySet[Any])


@dataclass(frozen=True)
class Key:
    """One column of an order. Where it may be empty (`nullable`), rows without a value come last."""

    column: str
    descending: bool = False
    nullable: bool = False

    @property
    def expression(self) -> Any:
        """The key as `order_by` takes it."""
        column = F(self.column)
        nulls = {"nulls_last": True} if self.nullable else {}
        return column.desc(**nulls) if self.descending else column.asc(**nulls)

    def behind(self, value: Any, rest: Q | None) -> Q:
        """Rows whose key comes after the value, and those with the same value that `rest` keeps.

        Written so that an index over the keys begins at the value: "at least, and (more or the rest)".
        """
        if value is None:
            return Q(**{self.column: None}) & (rest or Q(pk__in=()))
        way = "lt" if self.descending else "gt"
        farther = Q(**{f"{self.column}__{way}": value})
        if self.nullable:
            farther |= Q(**{self.column: None})
        if rest is None:
            return farther
        same = Q(**{self.column: value}) & rest if self.nullable else rest
        bound = Q() if self.nullable else Q(**{f"{self.column}__{way}e": value})
        return bound & (farther | same)


@dataclass(frozen=True)
class Order:
    """An order of rows by keys, the last of them unique."""

    keys: tuple[Key, ...]

    @classmethod
    def by(cls, *columns: str) -> Order:
        """An order by columns; a leading `-` means descending."""
        return cls(tuple(Key(column.removeprefix("-"), column.startswith("-")) for column in columns))

    def of(self, rows: Rows, after: Sequence[Any] | None = None) -> Rows:
        """The rows in this order, from behind the place `after`."""
        ordered = rows.order_by(*(key.expression for key in self.keys))
        return ordered if after is None else ordered.filter(self.behind(after))

    def up_to(self, rows: Rows, last: Sequence[Any]) -> Rows:
        """Return the rows up to the place `last` and with it."""
        return self.of(rows).exclude(self.behind(last))

    def behind(self, place: Sequence[Any]) -> Q:
        """Rows that come after a place."""
        rest: Q | None = None
        for key, value in reversed(list(zip(self.keys, place, strict=True))):
            rest = key.behind(value, rest)
        return rest or Q()

    def place_of(self, row: models.Model) -> list[Any]:
        """Return the place of a row: the values of its keys."""
        return [getattr(row, key.column) for key in self.keys]

    def cursor_of(self, row: models.Model) -> list[Any]:
        """`place_of` as JSON has it."""
        return [value.isoformat() if isinstance(value, datetime) else value for value in self.place_of(row)]

    def read(self, model: type[models.Model], cursor: Any) -> list[Any] | None:
        """The place that a cursor names; `None` for what is no cursor of this order."""
        if not isinstance(cursor, list) or len(cursor) != len(self.keys):
            return None
        columns = [model._meta.pk if key.column == "pk" else model._meta.get_field(key.column) for key in self.keys]
        return [column.to_python(value) for column, value in zip(columns, cursor, strict=True)]  # type: ignore[union-attr]


def taken(rows: models.QuerySet[Row], most: int) -> tuple[list[Row], bool]:
    """The first rows, and whether there are more."""
    found = list(rows[: most + 1])
    return found[:most], len(found) > most


def grown(size: int, most: int, count: Callable[[], int]) -> int:
    """Return the number of rows that a scrolled list shows again: as many as it had (`count`), between `size` and `most`."""
    return max(size, min(most, count()))
