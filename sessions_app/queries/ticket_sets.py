"""Tickets by what is to be done about them: links to conversations that a person sees, and tickets without one."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, QuerySet, When

from sessions_app.models import Person, Queue, Session, Ticket, TicketLink
from sessions_app.models.kept_apart import is_apart
from sessions_app.models.ticket_system import DONE
from sessions_app.queries.ticket_filters import TicketFilters

EVERYTHING = TicketFilters()
#: The kinds that need a look, in the order of their urgency.
GROUPS = ("twice", "closed")
#: Statuses of conversations that are still worked.
WORKED = (Session.Status.OPEN, Session.Status.SNOOZED)
#: Tickets that need a look are found up to so many, the newest links first.
MOST = 5_000


def of(
    person: Person, queues: list[Queue], to_look_at: list[tuple[int, int, int]], filters: TicketFilters = EVERYTHING
) -> dict[str, QuerySet[Any]]:
    """Return one row a ticket of each kind: links, and of `none` tickets, for a person who works these queues.

    `to_look_at` are the rows of `looked_at` for the same. `rest` are linked tickets about which nothing is to be done.
    """
    there = seen_by(person, queues).filter(filters.links())
    closed = [pk for pk, _number, is_done in to_look_at if is_done]
    several = [pk for pk, number, _is_done in to_look_at if number > 1]
    paired = Exists(_pairs(there.filter(session__status__in=WORKED)))
    # Not by key: SQLite would try every key of these for each outer link.
    by_ticket = TicketLink.objects.alias(key=F("pk") + 0)
    needing = by_ticket.filter(Q(key__in=closed) | Q(key__in=several) & Q(paired))
    linked = {
        "linked": _newest_of_many(there),
        "closed": TicketLink.objects.filter(pk__in=closed),
        "twice": TicketLink.objects.filter(pk__in=several).filter(paired),
        "rest": _newest_of_many(there).exclude(Exists(_same(needing))),
    }
    if filters.queue:
        # A ticket stands in each queue in which it has a conversation, whichever of its links stands for it.
        in_queue = _same(there.filter(session__queue__slug=filters.queue))
        linked = {kind: links.filter(Exists(in_queue)) for kind, links in linked.items()}
    return {**linked, "none": Ticket.objects.filter(filters.tickets(), links=None).exclude(shown__in=DONE)}


def looked_at(person: Person, queues: list[Queue], filters: TicketFilters = EVERYTHING) -> QuerySet[Any, Any]:
    """Return the newest link of each ticket that is done there or has several links, with their number and whether it is done.

    That reads every conversation that is worked: it is asked once for everything that is shown of them.
    """
    is_done = Max(Case(When(record__shown__in=DONE, then=1), default=0))
    few = _few(person, queues, filters).order_by().values("system", "ticket_id")
    tickets = few.annotate(newest=Max("pk"), number=Count("pk"), is_done=is_done)
    tickets = tickets.filter(Q(is_done=1) | Q(number__gte=2)).order_by("-newest")
    return tickets.values_list("newest", "number", "is_done")[:MOST]


def needing_look(person: Person, queues: list[Queue]) -> list[QuerySet[Any]]:
    """Return the sets of `GROUPS`, to be counted."""
    few, worked = _few(person, queues), seen_by(person, queues).filter(session__status__in=WORKED)
    return [_newest(few, at_least=2).filter(Exists(_pairs(worked))), _newest(few.filter(record__shown__in=DONE))]


def seen_by(person: Person, queues: list[Queue]) -> QuerySet[TicketLink]:
    """Return links of conversations that a person sees who works these queues.

    The same as with `access.sessions_for`, but the keys are known here: another join would hide the best index.
    """
    links = TicketLink.objects.exclude(session__status__in=Session.GONE)
    return links if person.is_superuser else links.filter(session__queue__in=[queue.pk for queue in queues])


def _few(person: Person, queues: list[Queue], filters: TicketFilters = EVERYTHING) -> QuerySet[TicketLink]:
    """Return the links of all conversations that are worked; these are found first."""
    sessions = Session.objects.filter(status__in=WORKED)
    if not person.is_superuser:
        sessions = sessions.filter(queue__in=[queue.pk for queue in queues])
    return TicketLink.objects.filter(filters.links(), session__in=sessions.values("pk"))


def _newest(links: QuerySet[TicketLink], at_least: int = 1) -> QuerySet[TicketLink]:
    """Return the newest link of each ticket that has so many; all links are read, once."""
    tickets = links.order_by().values("system", "ticket_id").annotate(newest=Max("pk"), number=Count("pk"))
    tickets = tickets.filter(number__gte=at_least)
    return TicketLink.objects.filter(pk__in=tickets.values("newest"))


def _newest_of_many(links: QuerySet[TicketLink]) -> QuerySet[TicketLink]:
    """Return the newest link of each ticket; as many links are read as rows are asked for."""
    return links.exclude(Exists(_same(links).filter(pk__gt=OuterRef("pk"))))


def _same(links: QuerySet[TicketLink]) -> QuerySet[TicketLink]:
    """Return the links to the ticket of an outer link."""
    return links.filter(system=OuterRef("system"), ticket_id=OuterRef("ticket_id"))


def _pairs(worked: QuerySet[TicketLink]) -> QuerySet[TicketLink]:
    """Return the links to the ticket of an outer link that have an older one beside them, and are not kept apart from it."""
    older = _same(worked).filter(pk__lt=OuterRef("pk"))
    return _same(worked).filter(Exists(older.exclude(is_apart(OuterRef("session"), OuterRef(OuterRef("session"))))))
