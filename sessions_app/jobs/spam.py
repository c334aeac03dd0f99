"""The actions that mark conversations as spam, and take that back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app.actions import sessions, spam
from sessions_app.jobs.action import Action, Change, Done, Outcome, Planned, Skip
from sessions_app.jobs.closing import put_back, status_of, written_since
from sessions_app.models import Job, JobRow, Session

S = Session.Status


class Spam(Action):
    """Mark as spam. The AI's turn ends, and its questions are dropped."""

    name, label, icon, fits_decisions = "spam", gettext_lazy("Spam"), "ban", False

    def title(self, job: Job) -> str:
        return ngettext("Mark %(count)d conversation as spam", "Mark %(count)d conversations as spam", job.total) % {
            "count": job.total
        }

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        return [self._planned(row.session) for row in rows]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        planned = self._planned(session)
        if isinstance(planned, Skip):
            return planned
        before = status_of(session)
        spam.mark(session, job.person)
        return Done(planned.before, planned.after, before)

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        if session.status != S.SPAM:
            return Skip(_("Not marked as spam any more"))
        if row.data.get("status") == S.CLOSED:
            sessions.resolve(session, job.person)
            return Done()
        spam.unmark(session, job.person)
        put_back(session, row.data)
        return Done()

    def _planned(self, session: Session) -> Planned:
        if session.status == S.SPAM:
            return Skip(_("Marked as spam already"))
        return Change(session.get_status_display(), str(S.SPAM.label))


class NotSpam(Action):
    """Open conversations that are no spam."""

    name, label, icon, fits_decisions = "not_spam", gettext_lazy("Not spam"), "inbox", False

    def title(self, job: Job) -> str:
        return ngettext(
            "Open %(count)d conversation that is no spam", "Open %(count)d conversations that are no spam", job.total
        ) % {"count": job.total}

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        return [self._planned(row.session) for row in rows]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        planned = self._planned(session)
        if isinstance(planned, Skip):
            return planned
        spam.unmark(session, job.person)
        return Done(planned.before, planned.after)

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        if session.status != S.OPEN:
            return Skip(_("%(state)s since") % {"state": session.get_status_display()})
        if written_since(row, session):
            return Skip(_("Something was written since"))
        spam.mark(session, job.person)
        return Done()

    def _planned(self, session: Session) -> Planned:
        if session.status != S.SPAM:
            return Skip(_("Not marked as spam"))
        return Change(str(S.SPAM.label), str(S.OPEN.label))
