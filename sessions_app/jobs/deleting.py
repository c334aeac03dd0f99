"""The actions that delete conversations so that they can be restored, and restore them."""

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


class Restore(Action):
    """Restore deleted conversations as they were."""

    name, label, icon, admins_only, in_menu = "restore", gettext_lazy("Restore"), "rotate-ccw", True, False

    def title(self, job: Job) -> str:
        return ngettext("Restore %(count)d conversation", "Restore %(count)d conversations", job.total) % {"count": job.total}

    def sessions(self, person: Person | None) -> SessionSet:
        """Return the deleted sessions, which no other action sees."""
        return Session.objects.deleted().select_related("queue", "assignee")

    def sessions_to_undo(self, person: Person | None) -> SessionSet:
        """Return the sessions that are there again."""
        return super().sessions(person)

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        return [Change(str(Session.Status.DELETED.label), _before(row.session)) for row in rows]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        after = _before(session)
        deleting.restore(session, job.person)
        return Done(str(Session.Status.DELETED.label), after)

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        if row.done_at and session.messages.said().filter(created_at__gt=row.done_at).exists():
            return Skip(_("Something was written since"))
        deleting.delete(session, job.person)
        return Done()


def _before(session: Session) -> str:
    """Return the status that a deleted session gets back, in words."""
    return str(Session.Status(session.status_before or Session.Status.OPEN).label)
