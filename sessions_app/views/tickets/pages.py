"""The page of tickets: linked ones, and those that need a look."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sessions_app.models import TicketSystem
from sessions_app.queries import ticket_list
from sessions_app.validation.numbers import row_number
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people


@require_safe
@for_people
def tickets(request: PersonRequest) -> HttpResponse:
    """Tickets of one kind, of one system or all."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in ticket_list.KINDS else ticket_list.KINDS[0]
    systems = list(TicketSystem.objects.all())
    asked = request.GET.get("system", "")
    system = next((one for one in systems if one.slug == asked), None)
    page = ticket_list.page_of(request.user, kind, system.slug if system else "", row_number(request.GET.get("before", "")))
    context = {
        "page": page,
        "kind": kind,
        "system": system,
        "systems": systems,
        "tabs": [(name, ticket_list.title_of(name), page.counts[name]) for name in ticket_list.KINDS],
        "silent": ticket_list.silent(systems),
    }
    return render(request, "tickets/page.html", {**page_context(request, "tickets"), **context})
