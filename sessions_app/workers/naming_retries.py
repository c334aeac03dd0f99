"""Retries of a naming that failed: the reason is kept on the session, and it is tried again for a day."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sessions_app.changes.kinds import Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import NotNamed
from sessions_app.infrastructure import clock
from sessions_app.models import Session

log = logging.getLogger(__name__)
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=2)
#: So long after the first failure it is tried again.
GIVE_UP_AFTER = timedelta(days=1)
LONGEST_REASON = 300


def failed(session: Session, error: Exception) -> None:
    """Store why no name could be made, and when it is tried again; the name stays. The session's row must be locked."""
    now = clock.now()
    session.name_problem = " ".join(str(error).split())[:LONGEST_REASON]
    session.name_failed_at = session.name_failed_at or now
    session.name_failures += 1
    session.name_due_at = again = _again_at(session, error, now)
    session.save(update_fields=["name_problem", "name_failed_at", "name_failures", "name_due_at"])
    log.warning("session %s got no name: %s", session.session_id, session.name_problem)
    # A day of tries is two lines of the log: that it began to fail, and that it was given up.
    if again is None or session.name_failures == 1:
        record(session, Kind.NAME_FAILED, NotNamed(why=session.name_problem, again=again is not None))


def _again_at(session: Session, error: Exception, now: datetime) -> datetime | None:
    """Return the time of the next try, `None` where it would not help or was tried for a day; the server's wish is kept."""
    if getattr(error, "permanent", True):
        return None
    grown = min(FIRST_DELAY * 2 ** min(session.name_failures - 1, 20), LONGEST_DELAY)
    wish = timedelta(seconds=min(float(getattr(error, "retry_after", None) or 0), GIVE_UP_AFTER.total_seconds()))
    again = now + max(grown, wish)
    begun = session.name_failed_at or now
    return again if again <= begun + GIVE_UP_AFTER else None


__all__ = ["failed"]
