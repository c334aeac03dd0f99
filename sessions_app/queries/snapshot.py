"""A consistent snapshot of rows that are read in several queries."""

from __future__ import annotations

from collections.abc import Callable

from sessions_app.infrastructure.one_statement import Found, Steps, read_together
from sessions_app.models import Session

READINGS = 3


def consistent_read(session: Session, read: Callable[[], Steps[Found]]) -> Found:
    """Return the result of `read`; read again, a few times at most, where the session changed meanwhile.

    Between a query for runs and one for their messages a turn may end: its page would show the answer of a run that works.
    Each step is one statement, which sees one moment; with its rows it reads the number of the session's newest change. The
    result is at least as new as `session`; later changes arrive by the stream.
    """
    for _ in range(READINGS - 1):
        found, newest = _read_once(session, read())
        if newest in (None, session.last_change):
            return found
        session.refresh_from_db()
    return _read_once(session, read())[0]


def _read_once(session: Session, steps: Steps[Found]) -> tuple[Found, int | None]:
    """Return the result, and the session's newest change as of the last statement; `None` where the session is gone."""
    check = Session.objects.filter(pk=session.pk).values_list("last_change", flat=True)
    newest: int | None = session.last_change
    try:
        querysets = next(steps)
        while True:
            *rows, changes = read_together(*querysets, check)
            newest = changes[0] if changes else None
            querysets = steps.send(rows)
    except StopIteration as end:
        found: Found = end.value
        return found, newest
