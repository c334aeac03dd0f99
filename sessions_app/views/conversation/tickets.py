"""A conversation's tickets: link, put first, unlink; and mentions that are not meant."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from sessions_app.actions import tickets
from sessions_app.errors import InvalidAction
from sessions_app.models import TicketLink, TicketSystem
from sessions_app.queries import access
from sessions_app.validation.text import searchable
from sessions_app.views.conversation.context import back_to
from sessions_app.views.respond import PersonRequest, done, for_people, respond


@require_POST
@for_people
def session_tickets(request: PersonRequest, session_id: str) -> HttpResponse:
    """Link a ticket, or suggest it no more; a text that names none comes back in its field, with the reason."""
    session = access.session_or_404(request.user, session_id)
    system = TicketSystem.objects.filter(slug=searchable(request.POST.get("system", ""))).first()
    typed = request.POST.get("ticket", "")
    try:
        if request.POST.get("do") == "dismiss":
            tickets.dismiss(session, request.user, typed, system)
        else:
            tickets.link(session, request.user, typed, system)
    except InvalidAction as refusal:
        back = back_to(request, session)
        context = {"session": session, "typed": typed, "refusal": refusal, "back": back}
        return respond(request, "conversation/_link_ticket.html", context, status=refusal.status, location=back)
    return done(request, back_to(request, session))


@require_POST
@for_people
def ticket(request: PersonRequest, pk: int) -> HttpResponse:
    """Unlink a ticket, or put it first."""
    visible = TicketLink.objects.filter(session__in=access.sessions_for(request.user)).select_related("session", "system")
    link = get_object_or_404(visible, pk=pk)
    if request.POST.get("do") == "first":
        tickets.make_primary(link, request.user)
    else:
        tickets.unlink(link, request.user)
    return done(request, back_to(request, link.session))
