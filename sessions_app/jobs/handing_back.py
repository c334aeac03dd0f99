"""The action that hands conversations back to the AI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app.actions import handover
from sessions_app.jobs.action import Action, Change, Done, Outcome, Planned, Skip
from sessions_app.models import Job, JobRow, Session
from sessions_app.models.queue import AiMode


class HandBack(Action):
    """Hand back: the AI works again as before, beginning with unanswered messages."""

    name, label, icon, fits_decisions = "hand_back", gettext_lazy("Hand back"), "bot", False

    def title(self, job: Job) -> str:
        return ngettext(
            "Hand %(count)d conversation back to the AI", "Hand %(count)d conversations back to the AI", job.total
        ) % {"count": job.total}

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        return [self._planned(row.session) for row in rows]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        planned = self._planned(session)
        if isinstance(planned, Skip) or job.person is None:
            return planned if isinstance(planned, Skip) else Skip(_("Only people can hand conversations back"))
        handover.hand_back(session, job.person)
        return Done(planned.before, planned.after)

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        if session.led_by_person or job.person is None:
            return Skip(_("A person leads it again"))
        if row.done_at and session.messages.said().filter(created_at__gt=row.done_at).exists():
            return Skip(_("Something was written since"))
        handover.take_over(session, job.person, assign=False)
        return Done()

    def _planned(self, session: Session) -> Planned:
        if not session.can_be_handed_back:
            return Skip(_("The AI is not silent here") if not session.led_by_person else _("Its queue has no AI"))
        before = AiMode.read(session.ai_mode_before or (session.queue.ai_mode if session.queue else AiMode.AUTOPILOT))
        return Change(str(AiMode.OFF.label), str(before.label))
