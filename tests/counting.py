"""Counting what a deed asks the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

#: What begins and ends transactions is no question.
_TRANSACTION = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
LONGEST_SHOWN = 300


@contextmanager
def at_most(most: int, what: str = "this") -> Iterator[list[str]]:
    """Fail where the body takes more queries, and print them; yields a list that holds them in the end."""
    asked: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield asked
    asked += [query["sql"] for query in captured if not query["sql"].startswith(_TRANSACTION)]
    shown = "\n".join(f"{number:3} {sql[:LONGEST_SHOWN]}" for number, sql in enumerate(asked, 1))
    assert len(asked) <= most, f"{what} took {len(asked)} queries, {most} are allowed:\n{shown}"
