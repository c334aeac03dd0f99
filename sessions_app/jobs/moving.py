"""The action that moves conversations to another queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app.actions import moving, sessions
from sessions_app.jobs.action import Action, Change, Done, InvalidParameters, Outcome, Parameters, Planned, Skip
from sessions_app.models import Job, JobRow, Person, Queue, Session


class Move(Action):
    """Move to the queue with the slug `queue`, whose agent answers from then on."""

    name, label, icon = "move", gettext_lazy("Change queue"), "arrow-right"
    asks, fits_decisions = ("queue",), False

    def checked(self, parameters: Parameters, person: Person | None) -> dict[str, Any]:
        slug = str(parameters.get("queue") or "")
        visible = Queue.objects.all() if person is None else Queue.objects.visible_to(person)
        queue = visible.filter(slug=slug).first()
        if queue is None:
            raise InvalidParameters("queue", _("There is no such queue among yours. Choose one of the list."))
        return {"queue": slug, "name": queue.name}

    def title(self, job: Job) -> str:
        told = {"count": job.total, "queue": job.parameters["name"]}
        return (
            ngettext("Move %(count)d conversation to %(queue)s", "Move %(count)d conversations to %(queue)s", job.total) % told
        )

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        queue = _queue(job)
        return [self._planned(row.session, queue) for row in rows]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        queue = _queue(job)
        planned = self._planned(session, queue)
        if isinstance(planned, Skip) or queue is None or job.person is None:
            return planned if isinstance(planned, Skip) else Skip(_("Only people can move conversations"))
        before = {"queue": session.queue_id, "assignee": session.assignee_id}
        moving.move(session, job.person, queue)
        return Done(planned.before, planned.after, before)

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        before = Queue.objects.filter(pk=row.data.get("queue")).first()
        if session.queue is None or session.queue.slug != job.parameters["queue"]:
            return Skip(_("Moved to %(queue)s since") % {"queue": session.queue or _("no queue")})
        if before is None or job.person is None:
            return Skip(_("The queue before is not there any more"))
        moving.move(session, job.person, before)
        assignee = Person.objects.filter(pk=row.data.get("assignee"), is_active=True).first()
        session.refresh_from_db()
        if assignee is not None and session.assignee is None and before in Queue.objects.visible_to(assignee):
            sessions.assign(session, job.person, assignee)
        return Done()

    def _planned(self, session: Session, queue: Queue | None) -> Planned:
        if queue is None:
            return Skip(_("The queue is not there any more"))
        if session.queue_id == queue.pk:
            return Skip(_("In this queue already"))
        return Change(str(session.queue or _("No queue")), str(queue))


def _queue(job: Job) -> Queue | None:
    return Queue.objects.filter(slug=job.parameters["queue"]).first()
