"""Shared parts of jobs that change names: the name of before, and putting it back."""

from __future__ import annotations

from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from sessions_app.jobs.action import Done, Skip
from sessions_app.models import Job, JobRow, Session
from sessions_app.store import sessions


def before_of(session: Session) -> dict[str, Any]:
    """Return what `put_back` needs: the session's name, its source, its lock, and when naming is due."""
    due = session.name_due_at
    return {
        "name": session.name,
        "source": session.name_source,
        "locked": session.name_locked,
        "due": due.isoformat() if due else "",
    }


def put_back(job: Job, row: JobRow, session: Session) -> Done | Skip:
    """Give the session the name of before, unless another one was given since. Its row is locked."""
    if session.name_version != row.version_after:
        return Skip(_("Named “%(name)s” since") % {"name": session.name})
    before = row.data
    sessions.put_back(session, before["name"], before["source"], job.person, job)
    session.name_locked, session.name_due_at = bool(before["locked"]), parse_datetime(str(before["due"]))
    session.save(update_fields=["name_locked", "name_due_at"])
    return Done()
