"""The action that sets the priority of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app.actions import priorities
from sessions_app.jobs.action import Action, Change, Done, InvalidParameters, Outcome, Parameters, Planned, Skip
from sessions_app.models import Job, JobRow, Person, Session
from sessions_app.models.triage import PRIORITIES, Priority


class SetPriority(Action):
    """Set the priority `priority`: urgent, high, normal or low."""

    name, label, icon = "priority", gettext_lazy("Priority"), "chevrons-up"
    asks = ("priority",)

    def checked(self, parameters: Parameters, person: Person | None) -> dict[str, Any]:
        word = str(parameters.get("priority") or "").lower()
        if word not in PRIORITIES:
            raise InvalidParameters("priority", _("Choose a priority: urgent, high, normal or low."))
        return {"priority": word}

    def title(self, job: Job) -> str:
        told = {"count": job.total, "priority": _wanted(job).label}
        return (
            ngettext(
                "Set the priority of %(count)d conversation to %(priority)s",
                "Set the priority of %(count)d conversations to %(priority)s",
                job.total,
            )
            % told
        )

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        return [self._planned(row.session, _wanted(job)) for row in rows]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        before = session.urgency
        planned = self._planned(session, _wanted(job))
        if isinstance(planned, Skip):
            return planned
        priorities.set_priority(session, job.person, _wanted(job))
        return Done(planned.before, planned.after, {"priority": before.word})

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        if session.urgency != _wanted(job):
            return Skip(_("The priority was changed since"))
        priorities.set_priority(session, job.person, PRIORITIES[row.data["priority"]])
        return Done()

    def _planned(self, session: Session, wanted: Priority) -> Planned:
        if session.urgency == wanted:
            return Skip(_("Has this priority already"))
        return Change(str(session.urgency.label), str(wanted.label))


def _wanted(job: Job) -> Priority:
    return PRIORITIES[job.parameters["priority"]]
