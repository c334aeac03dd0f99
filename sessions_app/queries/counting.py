"""Bounded counts: how many rows querysets have, up to a cap, all in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

#: Counts stop at one more than this.
COUNT_CAP = 1000
#: A condition without an index of its own is counted among so many rows, the newest ones.
LOOKED = 2_000


class Scalar(NamedTuple):
    """A subquery that gives one number, with its parameters."""

    sql: str
    params: Sequence[Any] = ()

    def with_value(self, before: object, after: object) -> Scalar:
        """Return the same subquery with another value for a parameter, so that it need not be compiled again."""
        return Scalar(self.sql, [after if param == before else param for param in self.params])


def count_of(queryset: QuerySet[Any], most: int = COUNT_CAP) -> Scalar:
    """Return the number of rows, at most one over `most`. A count without a limit walks a whole big queue."""
    try:
        sql, params = queryset.order_by().values("pk")[: most + 1].query.sql_with_params()
    except EmptyResultSet:
        return Scalar("0")
    return Scalar(f"(SELECT COUNT(*) FROM ({sql}) AS counted)", params)  # noqa: S608 - made by the ORM, values are parameters


def first_of(queryset: QuerySet[Any]) -> Scalar:
    """Return the key of the first row."""
    sql, params = queryset.values("pk")[:1].query.sql_with_params()
    return Scalar(f"({sql})", params)


def numbers(scalars: Sequence[Scalar]) -> list[int]:
    """Return the numbers of these subqueries, in one statement; 0 where there is none."""
    if not scalars:
        return []
    params = [param for scalar in scalars for param in scalar.params]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(scalar.sql for scalar in scalars)}", params)
        return [number or 0 for number in cursor.fetchone() or ()]


def capped_counts(querysets: Iterable[QuerySet[Any]]) -> list[int]:
    """Return the number of rows of each, at most one over the cap, in one query."""
    return numbers([count_of(queryset) for queryset in querysets])


__all__ = ["COUNT_CAP", "LOOKED", "Scalar", "capped_counts", "count_of", "first_of", "numbers"]
