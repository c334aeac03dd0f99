"""The actions that put a label on conversations, and take one off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app.actions import labels
from sessions_app.errors import AppError
from sessions_app.jobs.action import Action, Change, Done, InvalidParameters, Outcome, Parameters, Planned, Skip
from sessions_app.models import Job, JobRow, Label, LabelPolicy, Person, Session, SessionLabel


class AddLabel(Action):
    """Put on the label that is called `label`. One that is not there is made with the first row, where the person may."""

    name, label, icon = "label", gettext_lazy("Label"), "tag"
    asks = ("label",)

    def checked(self, parameters: Parameters, person: Person | None) -> dict[str, Any]:
        found = _found(parameters)
        if found is not None:
            return {"label": found.pk, "name": found.name}
        if person is not None and not LabelPolicy.in_force().may_make(person):
            raise InvalidParameters("label", _("There is no such label. Choose one of the list."))
        try:
            return {"label": None, "name": labels.checked(str(parameters.get("label") or ""))}
        except AppError as refusal:
            raise InvalidParameters("label", refusal.message) from refusal

    def title(self, job: Job) -> str:
        told = {"count": job.total, "label": job.parameters["name"]}
        return (
            ngettext("Label %(count)d conversation “%(label)s”", "Label %(count)d conversations “%(label)s”", job.total) % told
        )

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        there = _having(job, rows)
        return [
            Skip(_("Has this label already")) if row.session_id in there else Change("", job.parameters["name"]) for row in rows
        ]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        label = _label(job)
        if label is None and job.parameters["label"] is not None:
            return Skip(_("The label is not there any more"))
        label = label or labels.make(job.person, job.parameters["name"])
        if not labels.add(session, job.person, label):
            return Skip(_("Has this label already"))
        return Done("", label.name)

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        label = _label(job)
        if label is None or not labels.remove(session, job.person, label):
            return Skip(_("The label was taken off since"))
        return Done()


class RemoveLabel(Action):
    """Take off the label that is called `label`."""

    name, label, icon = "unlabel", gettext_lazy("Remove label"), "x"
    asks = ("label",)

    def checked(self, parameters: Parameters, person: Person | None) -> dict[str, Any]:
        found = _found(parameters)
        if found is None:
            raise InvalidParameters("label", _("There is no such label. Choose one of the list."))
        return {"label": found.pk, "name": found.name}

    def title(self, job: Job) -> str:
        told = {"count": job.total, "label": job.parameters["name"]}
        return (
            ngettext(
                "Take the label “%(label)s” off %(count)d conversation",
                "Take the label “%(label)s” off %(count)d conversations",
                job.total,
            )
            % told
        )

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        there = _having(job, rows)
        return [
            Change(job.parameters["name"]) if row.session_id in there else Skip(_("Does not have this label")) for row in rows
        ]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        label = _label(job)
        if label is None or not labels.remove(session, job.person, label):
            return Skip(_("Does not have this label"))
        return Done(label.name)

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        label = _label(job)
        if label is None:
            return Skip(_("The label is not there any more"))
        if not labels.add(session, job.person, label):
            return Skip(_("The label was put on since"))
        return Done()


def _found(parameters: Parameters) -> Label | None:
    return Label.objects.called(str(parameters.get("label") or "")).first()


def _label(job: Job) -> Label | None:
    key, name = job.parameters["label"], job.parameters["name"]
    return (Label.objects.filter(pk=key) if key is not None else Label.objects.called(name)).first()


def _having(job: Job, rows: Sequence[JobRow]) -> set[int]:
    """Return keys of those sessions of the rows that have the job's label."""
    label = _label(job)
    found = SessionLabel.objects.filter(label=label, session__in=[row.session_id for row in rows])
    return {row.session_id for row in found.only("session_id")} if label else set()
