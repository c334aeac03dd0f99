"""The action that links conversations to tickets: one ticket for all, or each its own from a CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sessions_app.actions import tickets
from sessions_app.errors import InvalidAction
from sessions_app.jobs.action import Action, Change, Done, InvalidParameters, Outcome, Parameters, Planned, Skip
from sessions_app.models import Job, JobRow, Person, Session, TicketLink, TicketSystem


class Link(Action):
    """Link to the ticket `ticket` (an id or an address); a row with a ticket of its own gets that one."""

    name, label, icon = "link", gettext_lazy("Link ticket"), "link"
    asks = ("ticket",)

    def checked(self, parameters: Parameters, person: Person | None) -> dict[str, Any]:
        written = str(parameters.get("ticket") or "").strip()
        if parameters.get("each"):
            return {"ticket": "", "each": True}
        try:
            system, number = tickets.located(written, list(TicketSystem.objects.all()))
        except InvalidAction as problem:
            raise InvalidParameters("ticket", problem.message) from problem
        return {"ticket": f"{system.slug}:{number}", "shown": number}

    def title(self, job: Job) -> str:
        if job.parameters.get("each"):
            return ngettext("Link a ticket to %(count)d conversation", "Link tickets to %(count)d conversations", job.total) % {
                "count": job.total
            }
        return ngettext(
            "Link %(count)d conversation to %(ticket)s", "Link %(count)d conversations to %(ticket)s", job.total
        ) % {"count": job.total, "ticket": job.parameters["shown"]}

    def plan(self, job: Job, rows: Sequence[JobRow]) -> list[Planned]:
        there: dict[int, list[str]] = {}
        linked = TicketLink.objects.filter(session__in=[row.session_id for row in rows]).select_related("system").order_by("pk")
        for link in linked:
            there.setdefault(link.session_id, []).append(f"{link.system.slug}:{link.ticket_id}")
        return [_planned(_ticket(job, row), there.get(row.session_id, [])) for row in rows]

    def apply(self, job: Job, row: JobRow, session: Session, found: Any) -> Outcome:
        slug, _colon, number = _ticket(job, row).partition(":")
        system = TicketSystem.objects.filter(slug=slug).first()
        if system is None:
            return Skip(_("The ticket system is not there any more"))
        before = ", ".join(session.tickets.order_by("pk").values_list("ticket_id", flat=True))
        link, is_new = tickets.link_once(session, job.person, number, system)
        if not is_new:
            return Skip(_("Linked already"))
        return Done(before, link.ticket_id, {"link": link.pk})

    def undo(self, job: Job, row: JobRow, session: Session) -> Done | Skip:
        link = TicketLink.objects.select_related("session", "system").filter(pk=row.data.get("link"), session=session).first()
        if link is None:
            return Skip(_("Unlinked since"))
        tickets.unlink(link, job.person)
        return Done()


def _ticket(job: Job, row: JobRow) -> str:
    """Return the row's ticket as `system:id`."""
    return str(row.data.get("ticket") or job.parameters["ticket"])


def _planned(ticket: str, linked: list[str]) -> Planned:
    if ticket in linked:
        return Skip(_("Linked already"))
    return Change(", ".join(one.partition(":")[2] for one in linked), ticket.partition(":")[2])
