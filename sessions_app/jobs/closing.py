"""The actions that resolve conversations, and open them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app.actions import sessions
from sessions_app.infrastructure import clock
from sessions_app.jobs.action import Action, Change, Done, Outcome, Planned, Skip
from sessions_app.models import Job, JobRow, Requirement, Session
from sessions_app.store.sessions import set_status


class Resolve(Action):
    """Close. Conversations in which the AI waits for a decision are skipped: closing would drop the question."""

    name, label, icon, fits_decisions = "resolve", gettext_lazy("Resolve"), "archive", False

    def title(self, job: Job) -> str:
        return ngettext("Resolve %(count)d conversation", "Resolve %(count)d conversations", job.total) % {"count": job.total}

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        asking = set(
            Requirement.objects.pending()
            .filter(session__in=[row.session_id for row in rows])
            .values_list("session_id", flat=True)
        )
        return [self._planned(row.session, row.session_id in asking) for row in rows]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        planned = self._planned(session, session.requirements.pending().exists())
        if isinstance(planned, Skip):
            return planned
        before = status_of(session)
        sessions.resolve(session, job.person)
        return Done(planned.before, planned.after, before)

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        if session.status != Session.Status.CLOSED:
            return Skip(_("Opened again since"))
        sessions.reopen(session, job.person)
        put_back(session, row.data)
        return Done()

    def _planned(self, session: Session, asks: bool) -> Planned:
        if session.status == Session.Status.CLOSED:
            return Skip(_("Resolved already"))
        if asks:
            return Skip(_("The AI waits for a decision"))
        return Change(session.get_status_display(), str(Session.Status.CLOSED.label))


class Reopen(Action):
    """Open conversations that are closed or snoozed."""

    name, label, icon, fits_decisions = "reopen", gettext_lazy("Open again"), "inbox", False

    def title(self, job: Job) -> str:
        return ngettext("Open %(count)d conversation again", "Open %(count)d conversations again", job.total) % {
            "count": job.total
        }

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        return [self._planned(row.session) for row in rows]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        planned = self._planned(session)
        if isinstance(planned, Skip):
            return planned
        before = status_of(session)
        sessions.reopen(session, job.person)
        return Done(planned.before, planned.after, before)

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        if session.status != Session.Status.OPEN:
            return Skip(_("%(state)s since") % {"state": session.get_status_display()})
        if written_since(row, session):
            return Skip(_("Something was written since"))
        if row.data.get("status") == Session.Status.CLOSED:
            sessions.resolve(session, job.person)
        else:
            put_back(session, row.data)
        return Done()

    def _planned(self, session: Session) -> Planned:
        if session.status == Session.Status.OPEN:
            return Skip(_("Open already"))
        return Change(session.get_status_display(), str(Session.Status.OPEN.label))


def written_since(row: JobRow, session: Session) -> bool:
    """Return whether the customer, an agent or a person wrote in the session after the job had changed it."""
    return row.done_at is not None and session.messages.said().filter(created_at__gt=row.done_at).exists()


def status_of(session: Session) -> dict[str, str]:
    """Return the status that a row of a job keeps, for `put_back`."""
    until = session.snoozed_until
    return {"status": session.status, "until": until.isoformat() if until else ""}


def put_back(session: Session, before: dict[str, Any]) -> None:
    """Snooze the session again where it was snoozed before, and that time has not passed. Its row is locked."""
    until = parse_datetime(str(before.get("until") or ""))
    if before.get("status") == Session.Status.SNOOZED and (until is None or until > clock.now()):
        session.refresh_from_db()
        set_status(session, Session.Status.SNOOZED, until)
