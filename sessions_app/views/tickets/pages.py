"""The page of tickets: linked ones, and those that need a look."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import TicketSystem
from sessions_app.queries import ticket_counts, ticket_list
from sessions_app.queries.places import asked, found
from sessions_app.queries.ticket_filters import KINDS, TicketFilters
from sessions_app.queries.ticket_sets import GROUPS
from sessions_app.validation.numbers import row_number
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people


@require_safe
@for_people
def tickets(request: PersonRequest) -> HttpResponse:
    """Tickets of one kind, narrowed by system, state and queue."""
    systems, *listed = read_together(TicketSystem.objects.all(), *asked(request.user))
    systems, places = sorted(systems, key=lambda system: system.name), found(*listed)
    queues = places.queues
    filters = TicketFilters.of(request.GET, systems, queues)
    page = ticket_list.page_of(request.user, filters, queues, row_number(request.GET.get("before", "")))
    if not filters.narrows:
        ticket_counts.remember(request.user, sum(page.counts[kind] for kind in GROUPS))
    context = {
        **page_context(request, "tickets", places),
        "groups": [(group, filters.query(kind=group.kind)) for group in page.groups],
        "asked": filters,
        "systems": systems,
        "menus": filters.menus(systems, queues),
        "sorts": filters.sorts(),
        "tabs": [(filters.query(kind=kind), kind, ticket_list.title_of(kind), page.counts[kind]) for kind in KINDS],
        "silent": ticket_list.silent(systems),
        "next": f"{filters.query()}&before={page.next}" if page.next else "",
    }
    return render(request, "tickets/page.html", context)
