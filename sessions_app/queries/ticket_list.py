"""The list of tickets: those with conversations that its reader sees, and those of which only their systems know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from sessions_app.infrastructure import clock
from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import Person, Session, Ticket, TicketLink, TicketSystem
from sessions_app.models.ticket_system import DONE
from sessions_app.queries import access
from sessions_app.queries.inbox_views import capped_counts

#: Tickets of a page, and conversations that are read for all of them.
PAGE, MOST_LINKS = 30, 300
KINDS = ("linked", "none", "closed", "twice")
#: Statuses of conversations that are still worked.
WORKED = (Session.Status.OPEN, Session.Status.SNOOZED)
#: A state is out of date, and a webhook silent, after this.
STALE = timedelta(days=2)


@dataclass
class TicketRow:
    """One ticket with the conversations linked to it."""

    system: TicketSystem
    ticket_id: str
    record: Ticket | None = None
    links: list[TicketLink] = field(default_factory=list)

    @property
    def label(self) -> str:
        return self.system.label_of(self.ticket_id)

    @property
    def url(self) -> str:
        return self.system.url_of(self.ticket_id)

    @property
    def worked(self) -> list[TicketLink]:
        """Links to conversations that are not closed."""
        return [link for link in self.links if link.session.status in WORKED]

    @property
    def is_done_there(self) -> bool:
        return bool(self.record and self.record.is_done and self.worked)

    @property
    def is_stale(self) -> bool:
        """True if its system has told nothing of it for long."""
        return bool(self.record and self.record.heard_at < clock.now() - STALE)


@dataclass
class TicketPage:
    """Some tickets, the cursor of the next ones, and how many there are of each kind."""

    rows: list[TicketRow]
    counts: dict[str, int]
    next: str = ""


def page_of(person: Person, kind: str, system: str = "", before: int | None = None) -> TicketPage:
    """Return a page of tickets of one kind, the newest link or news first."""
    kinds = _kinds(person, system)
    counts = dict(zip(KINDS, capped_counts([kinds[name] for name in KINDS]), strict=True))
    chosen = kinds[kind].order_by("-pk")
    if before is not None:
        chosen = chosen.filter(pk__lt=before)
    found: list[Any] = list(chosen.select_related(*(["system"] if kind == "none" else ["system", "record"]))[: PAGE + 1])
    rows = [TicketRow(row.system, row.ticket_id, row if isinstance(row, Ticket) else row.record) for row in found[:PAGE]]
    _add_links(rows, person)
    return TicketPage(rows, counts, str(found[PAGE - 1].pk) if len(found) > PAGE else "")


def silent(systems: Iterable[TicketSystem]) -> list[TicketSystem]:
    """Return systems whose webhooks have come and then stopped coming."""
    since = clock.now() - STALE
    return [system for system in systems if system.signature and system.heard_at and system.heard_at < since]


def told_to(person: Person, system: TicketSystem, ticket_id: str) -> Ticket | None:
    """Return what is known of a ticket; `None` where it is linked, but to no conversation that the person sees."""
    ticket = Ticket.objects.filter(system=system, ticket_id=ticket_id).first()
    links = TicketLink.objects.filter(system=system, ticket_id=ticket_id)
    seen = links.filter(session__in=access.sessions_for(person))
    return ticket if ticket is not None and (seen.exists() or not links.exists()) else None


def also_linked(session: Session, person: Person) -> QuerySet[TicketLink]:
    """Return links of other conversations that are worked, and that the person sees, to the session's tickets."""
    same = TicketLink.objects.filter(session=session, system=OuterRef("system"), ticket_id=OuterRef("ticket_id"))
    others = access.sessions_for(person).filter(status__in=WORKED).exclude(pk=session.pk)
    found = TicketLink.objects.filter(Exists(same), session__in=others.values("pk"))
    return found.select_related("session", "system").order_by("-pk")[:5]


def _kinds(person: Person, system: str) -> dict[str, QuerySet[Any]]:
    only = Q(system__slug=system) if system else Q()
    seen = TicketLink.objects.filter(only, session__in=access.sessions_for(person).values("pk"))
    worked = seen.filter(session__status__in=WORKED)
    return {
        "linked": _one_each(seen),
        "none": Ticket.objects.filter(only, links=None).exclude(shown__in=DONE),
        "closed": _one_each(worked.filter(record__shown__in=DONE)),
        "twice": _one_each(worked).filter(Exists(_same_as(worked).filter(pk__lt=OuterRef("pk")))),
    }


def _one_each(links: QuerySet[TicketLink]) -> QuerySet[TicketLink]:
    """Leave of each ticket's links the newest one."""
    return links.exclude(Exists(_same_as(links).filter(pk__gt=OuterRef("pk"))))


def _same_as(links: QuerySet[TicketLink]) -> QuerySet[TicketLink]:
    return links.filter(system=OuterRef("system"), ticket_id=OuterRef("ticket_id"))


def _add_links(rows: list[TicketRow], person: Person) -> None:
    same = [Q(system=row.system.pk, ticket_id=row.ticket_id) for row in rows]
    if not same:
        return
    seen = access.sessions_for(person).values("pk")
    (links,) = read_together(
        TicketLink.objects.filter(reduce(or_, same), session__in=seen)
        .select_related("session__queue", "system", "record")
        .order_by("-pk")[:MOST_LINKS]
    )
    by_ticket = defaultdict(list)
    for link in sorted(links, key=lambda link: link.pk):
        by_ticket[link.system_id, link.ticket_id].append(link)
    for row in rows:
        row.links = by_ticket[row.system.pk, row.ticket_id]


def title_of(kind: str) -> str:
    """Return the words of a kind's tab."""
    return {
        "linked": _("Linked"),
        "none": _("Without a conversation"),
        "closed": _("Closed there, open here"),
        "twice": _("Same ticket twice"),
    }[kind]
