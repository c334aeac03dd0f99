"""The list of tickets: those with conversations that its reader sees, and those of which only their systems know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from itertools import combinations
from operator import or_
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from sessions_app.infrastructure import clock
from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import KeptApart, Person, Queue, Session, Ticket, TicketLink, TicketSystem
from sessions_app.models.kept_apart import is_apart
from sessions_app.queries import access, ticket_sets
from sessions_app.queries.counting import capped_counts
from sessions_app.queries.paging import Key, Order
from sessions_app.queries.ticket_filters import TicketFilters
from sessions_app.queries.ticket_sets import WORKED

#: Tickets of a page, of each group above them, and conversations that are read for all of them.
PAGE, GROUP, MOST_LINKS = 30, 5, 300
#: A state is out of date, and a webhook silent, after this.
STALE = timedelta(days=2)
ORDERS = {
    "look": Order.by("-pk"),
    "told": Order((Key("told_at", descending=True, nullable=True), Key("pk", descending=True))),
    # "HD-9" stands before "HD-10".
    "id": Order.by("system_id", "length", "ticket_id", "pk"),
}


@dataclass
class TicketRow:
    """One ticket with the conversations linked to it."""

    system: TicketSystem
    ticket_id: str
    record: Ticket | None = None
    links: list[TicketLink] = field(default_factory=list)
    #: Pairs of keys of sessions that people keep apart.
    apart: set[tuple[int, ...]] = field(default_factory=set)

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
    def pair(self) -> tuple[Session, Session] | None:
        """The first two conversations that are worked and not kept apart, the older link first."""
        pairs = combinations([link.session for link in self.worked], 2)
        return next((pair for pair in pairs if tuple(sorted(session.pk for session in pair)) not in self.apart), None)

    @property
    def is_of_one_customer(self) -> bool:
        """True if the two conversations of `pair` are known to be of one customer."""
        return self.pair is not None and is_same_customer(*self.pair)

    @property
    def is_done_there(self) -> bool:
        return bool(self.record and self.record.is_done and self.worked)

    @property
    def is_stale(self) -> bool:
        """True if its system has told nothing of it for long."""
        return bool(self.record and self.record.heard_at < clock.now() - STALE)


@dataclass
class TicketGroup:
    """Tickets below one heading: their kind, and how many of it there are."""

    kind: str
    count: int
    rows: list[TicketRow] = field(default_factory=list)

    @property
    def title(self) -> str:
        return title_of(self.kind)

    @property
    def more(self) -> int:
        """The number of tickets that are not shown."""
        return max(0, self.count - len(self.rows))


@dataclass
class TicketPage:
    """Groups of tickets, the cursor of the next ones, and how many there are of each kind."""

    groups: list[TicketGroup]
    counts: dict[str, int]
    next: str = ""


def page_of(person: Person, filters: TicketFilters, queues: list[Queue], before: int | None = None) -> TicketPage:
    """Return a page of tickets for a person who works these queues; it goes on behind the row with the key `before`.

    What needs a look stands above the first page of linked tickets, unless another order is asked for.
    """
    in_groups = filters.kind == "linked" and filters.sort == "look"
    kind, order = "rest" if in_groups else filters.kind, ORDERS[filters.sort]
    there = Ticket.objects.all() if kind == "none" else ticket_sets.seen_by(person, queues)
    to_look_at, places = read_together(
        ticket_sets.looked_at(person, queues, filters), _described(there.filter(pk=before or 0), kind)
    )
    sets = ticket_sets.of(person, queues, to_look_at, filters)
    counts = dict(zip(sets, capped_counts(sets.values()), strict=True))
    rows, place = _described(sets[kind], kind), places[0] if places else None
    above = list(ticket_sets.GROUPS) if in_groups and place is None else []
    *firsts, listed = read_together(
        *(_described(sets[known], known).order_by("-pk")[:GROUP] for known in above),
        order.of(rows, order.place_of(place) if place else None)[: PAGE + 1],
    )
    found = dict(zip([*above, kind], [*firsts, listed[:PAGE]], strict=True))
    groups = [TicketGroup(known, counts[known], list(map(_row, shown))) for known, shown in found.items() if shown]
    _add_links([row for group in groups for row in group.rows], ticket_sets.seen_by(person, queues))
    return TicketPage(groups, counts, str(listed[PAGE - 1].pk) if len(listed) > PAGE else "")


def is_same_customer(one: Session, other: Session) -> bool:
    """Return whether two conversations are known to be of one customer: by the customer's id, else by mail address."""
    if one.user_id and other.user_id:
        return one.user_id == other.user_id
    return one.customer_email.casefold() == other.customer_email.casefold() != ""


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
    """Return links of other conversations that are worked, and that the person sees, to the session's tickets.

    Those that people keep apart from this one are left out.
    """
    same = TicketLink.objects.filter(session=session, system=OuterRef("system"), ticket_id=OuterRef("ticket_id"))
    others = access.sessions_for(person).filter(status__in=WORKED).exclude(pk=session.pk)
    found = TicketLink.objects.filter(Exists(same), session__in=others.values("pk"))
    found = found.exclude(is_apart(session.pk, OuterRef("session")))
    return found.select_related("session", "system").order_by("-pk")[:5]


def title_of(kind: str) -> str:
    """Return the words of a kind's tab, and of its heading."""
    return {
        "linked": _("Linked"),
        "none": _("Without a conversation"),
        "closed": _("Closed there, open here"),
        "twice": _("Same ticket twice"),
        "rest": _("Linked, nothing to do"),
    }[kind]


def _described(rows: QuerySet[Any], kind: str) -> QuerySet[Any]:
    """Add what rows show and what they are ordered by."""
    is_ticket = kind == "none"
    ordered: QuerySet[Any] = rows.annotate(
        told_at=F("heard_at" if is_ticket else "record__heard_at"), length=Length("ticket_id")
    )
    return ordered.select_related("system") if is_ticket else ordered.select_related("system", "record")


def _row(found: Any) -> TicketRow:
    return TicketRow(found.system, found.ticket_id, found if isinstance(found, Ticket) else found.record)


def _add_links(rows: list[TicketRow], seen: QuerySet[TicketLink]) -> None:
    same = [Q(system=row.system.pk, ticket_id=row.ticket_id) for row in rows]
    if not same:
        return
    linked = seen.filter(reduce(or_, same))
    sessions = linked.values("session")
    links, pairs = read_together(
        linked.select_related("session__queue", "system", "record").order_by("-pk")[:MOST_LINKS],
        KeptApart.objects.filter(first__in=sessions, second__in=sessions).values_list("first", "second"),
    )
    by_ticket = defaultdict(list)
    for link in sorted(links, key=lambda link: link.pk):
        by_ticket[link.system_id, link.ticket_id].append(link)
    for row in rows:
        row.links, row.apart = by_ticket[row.system.pk, row.ticket_id], set(pairs)
