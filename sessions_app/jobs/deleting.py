"""The action that deletes conversations so that they can be restored: undoing the job restores them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app.actions import deleting
from sessions_app.jobs.action import Action, Change, Done, Outcome, Planned, Skip
from sessions_app.models import Job, JobRow, Person, Session
from sessions_app.models.session import SessionSet


class Delete(Action):
    """Delete; for 30 days they can be restored, then they are erased."""

    name, label, icon, admins_only = "delete", gettext_lazy("Delete"), "trash-2", True

    def title(self, job: Job) -> str:
        return ngettext("Delete %(count)d conversation", "Delete %(count)d conversations", job.total) % {"count": job.total}

    def sessions_to_undo(self, person: Person | None) -> SessionSet:
        """Return deleted sessions, too: they are what is restored."""
        return Session.objects.stored().select_related("queue", "assignee")

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        return [Change(row.session.get_status_display(), str(Session.Status.DELETED.label)) for row in rows]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        before = session.get_status_display()
        deleting.delete(session, job.person)
        return Done(before, str(Session.Status.DELETED.label))

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        if session.status != Session.Status.DELETED:
            return Skip(_("Restored already"))
        deleting.restore(session, job.person)
        return Done()
