"""The action that assigns conversations to a person, or to none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app.actions import sessions
from sessions_app.jobs.action import Action, Change, Done, InvalidParameters, Outcome, Parameters, Planned, Ready, Skip
from sessions_app.jobs.rows import Rows
from sessions_app.models import Job, JobRow, Person, Queue, Session
from sessions_app.validation.numbers import row_number


class Assign(Action):
    """Assign to the person with the key `assignee`; empty takes the assignee away."""

    name, label, icon = "assign", gettext_lazy("Assign"), "user-round-plus"
    asks = ("assignee",)

    def checked(self, parameters: Parameters, person: Person | None) -> dict[str, Any]:
        wanted = str(parameters.get("assignee") or "")
        if not wanted:
            return {"assignee": None, "name": ""}
        number = row_number(wanted)
        assignee = None if number is None else Person.objects.filter(pk=number, is_active=True).first()
        if assignee is None:
            raise InvalidParameters("assignee", _("There is no such person. Choose one of the list."))
        return {"assignee": assignee.pk, "name": str(assignee)}

    def title(self, job: Job) -> str:
        if not job.parameters["name"]:
            return ngettext(
                "Take the assignee from %(count)d conversation", "Take the assignee from %(count)d conversations", job.total
            ) % {"count": job.total}
        return ngettext(
            "Assign %(count)d conversation to %(name)s", "Assign %(count)d conversations to %(name)s", job.total
        ) % {"count": job.total, "name": job.parameters["name"]}

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        assignee = _assignee(job)
        queues = _queues_of(assignee)
        return [self._planned(row.session, assignee, queues) for row in rows]

    def prepared(self, job: Job, rows: Rows) -> Iterator[Ready]:
        """Yield the rows with the assignee and their queues, which are read once for many rows."""
        assignee = _assignee(job)
        found = (assignee, _queues_of(assignee))
        yield from (Ready(row, found) for row in rows)

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        assignee, queues = found
        planned = self._planned(session, assignee, queues)
        if isinstance(planned, Skip):
            return planned
        before = session.assignee_id
        sessions.assign(session, job.person, assignee)
        return Done(planned.before, planned.after, {"assignee": before})

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        if session.assignee_id != job.parameters["assignee"]:
            return Skip(_("Assigned to %(name)s since") % {"name": session.assignee or _("no one")})
        before = Person.objects.filter(pk=row.data.get("assignee")).first()
        if row.data.get("assignee") and (before is None or not before.is_active):
            return Skip(_("The person before has no account any more"))
        sessions.assign(session, job.person, before)
        return Done()

    def _planned(self, session: Session, assignee: Person | None, queues: set[int] | None) -> Planned:
        if session.assignee_id == (assignee.pk if assignee else None):
            return Skip(_("Assigned like this already"))
        if assignee is not None and queues is not None and session.queue_id not in queues:
            return Skip(_("%(name)s does not work its queue") % {"name": assignee})
        return Change(str(session.assignee or _("Unassigned")), str(assignee or _("Unassigned")))


def _assignee(job: Job) -> Person | None:
    return Person.objects.filter(pk=job.parameters.get("assignee")).first()


def _queues_of(person: Person | None) -> set[int] | None:
    """Return keys of the queues that the person works; `None` for all."""
    if person is None or person.is_superuser:
        return None
    return set(Queue.objects.visible_to(person).values_list("pk", flat=True))
