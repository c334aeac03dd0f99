"""A consistent snapshot of rows that are read in several queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sessions_app.models import Session

READINGS = 3
Found = TypeVar("Found")


def consistent_read(session: Session, read: Callable[[], Found]) -> Found:
    """Return the result of `read`; read again, a few times at most, where the session changed meanwhile.

    Between a query for runs and one for their messages a turn may end: its page would show the answer of a run that works. The
    result is at least as new as `session`; later changes arrive by the stream.
    """
    for _ in range(READINGS - 1):
        found = read()
        newest = Session.objects.filter(pk=session.pk).values_list("last_change", flat=True).first()
        if newest in (None, session.last_change):
            return found
        session.refresh_from_db()
    return read()
