"""The actions that rename conversations by a template, and that unlock people's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kern.errors import InvalidSessionNameError
from kern.naming import check_name
from sessions_app.jobs import names
from sessions_app.jobs.action import Action, Change, Done, InvalidParameters, Outcome, Parameters, Planned, Skip
from sessions_app.models import Job, JobRow, Person, Session
from sessions_app.models.session import SessionSet
from sessions_app.policy.names import judge
from sessions_app.policy.naming import NamingInForce, naming_in_force, read_naming
from sessions_app.policy.naming_rules import Context, Refusal
from sessions_app.policy.naming_rules.template import check_template, frame_for
from sessions_app.store.sessions import rename_locked

NAME = "{name}"


class Rename(Action):
    """Rename by the template `template`, such as `Strike 28 April: {customer}`. The names are a person's, and so locked."""

    name, label, icon = "rename", gettext_lazy("Rename"), "pencil-line"
    asks = ("template",)
    changes_names = True

    def checked(self, parameters: Parameters, person: Person | None) -> dict[str, Any]:
        template = str(parameters.get("template") or "").strip()
        if not template:
            raise InvalidParameters("template", _("Write a template, such as “Strike 28 April: {customer}”."))
        try:
            check_template(_whole(template))
        except ValidationError as error:
            raise InvalidParameters("template", " ".join(error.messages)) from error
        return {"template": template}

    def title(self, job: Job) -> str:
        told = {"count": job.total, "template": job.parameters["template"]}
        words = ngettext(
            "Rename %(count)d conversation to “%(template)s”", "Rename %(count)d conversations to “%(template)s”", job.total
        )
        return words % told

    def sessions(self, person: Person | None) -> SessionSet:
        return super().sessions(person).prefetch_related("tickets")

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        rules = read_naming()
        return [self._planned(job, row.session, rules.of(row.session.queue)) for row in rows]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        planned = self._planned(job, session, naming_in_force(session.queue))
        if isinstance(planned, Skip):
            return planned
        before = names.before_of(session)
        rename_locked(session, planned.after, "human", job.person, "", job=job)
        return Done(planned.before, planned.after, before, session.name_version)

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        return names.put_back(job, row, session)

    def _planned(self, job: Job, session: Session, rules: NamingInForce) -> Planned:
        try:
            name = check_name(filled(job.parameters["template"], session))
        except InvalidSessionNameError as error:
            return Skip(str(error))
        judged = judge(name, session, rules)
        if isinstance(judged, Refusal):
            return Skip(_("“%(name)s”: %(why)s") % {"name": name[:80], "why": judged.sentence})
        if judged == session.name and session.name_locked:
            return Skip(_("Named like this already"))
        return Change(session.name, judged)


class Unlock(Action):
    """Let automatic naming replace names that people gave."""

    name, label, icon = "unlock", gettext_lazy("Unlock names"), "lock-open"

    def title(self, job: Job) -> str:
        return ngettext(
            "Unlock the name of %(count)d conversation", "Unlock the names of %(count)d conversations", job.total
        ) % {"count": job.total}

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        return [self._planned(row.session) for row in rows]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        planned = self._planned(session)
        if isinstance(planned, Change):
            _lock(session, False)
            return Done(planned.before, planned.after, version=session.name_version)
        return planned

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        if session.name_version != row.version_after:
            return Skip(_("Named “%(name)s” since") % {"name": session.name})
        _lock(session, True)
        return Done()

    def _planned(self, session: Session) -> Planned:
        if not session.name_locked:
            return Skip(_("Not locked"))
        return Change(_("Locked"), _("Unlocked"))


def filled(template: str, session: Session) -> str:
    """Return the session's name by the template; without a value, a field's dash or word goes with it."""
    frame = frame_for(_whole(template), _context(session))
    return frame.around(session.name) if NAME in template else frame.before.strip()


def _whole(template: str) -> str:
    # The rules' templates always hold the name; one without it is one whose name is left out.
    return template if NAME in template else f"{template}{NAME}"


def _context(session: Session) -> Context:
    tickets = sorted(session.tickets.all(), key=lambda link: (not link.is_primary, link.pk))
    day = date_format(timezone.localtime(session.created_at), "j M")
    queue = str(session.queue) if session.queue else ""
    return Context(ticket=tickets[0].ticket_id if tickets else "", customer=session.customer, queue=queue, date=day)


def _lock(session: Session, locked: bool) -> None:
    session.name_locked = locked
    session.save(update_fields=["name_locked"])
