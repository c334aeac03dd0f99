"""Link a ticket from the Tickets page: the ticket, and a few words by which its conversation is found."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sessions_app.actions import tickets
from sessions_app.errors import InvalidAction
from sessions_app.models import Session, TicketSystem
from sessions_app.queries import access
from sessions_app.queries.search import matching, words_of
from sessions_app.validation.text import searchable
from sessions_app.views.conversation.context import conversation_url
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people

#: Conversations from which a person chooses.
MOST = 10


@dataclass
class LinkForm:
    """The typed texts, their mistakes, and the conversations that may be meant."""

    ticket: str = ""
    session: str = ""
    ticket_error: str = ""
    session_error: str = ""
    choices: list[Session] = field(default_factory=list)


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def link_ticket(request: PersonRequest) -> HttpResponse:
    """Link a ticket to the one conversation that is meant; where several may be, ask which."""
    said = request.POST if request.method == "POST" else request.GET
    form = LinkForm(said.get("ticket", ""), said.get("session", ""))
    if request.method != "POST":
        return _page(request, form)
    found = _found(request, request.POST.get("chosen") or form.session)
    if len(found) != 1:
        form.choices = found[:MOST]
        form.session_error = _why(form.session, len(found))
    try:
        tickets.located(form.ticket, list(TicketSystem.objects.all()))
        if not form.session_error:
            tickets.link(found[0], request.user, form.ticket)
    except InvalidAction as refusal:
        form.ticket_error = refusal.message
    if form.session_error or form.ticket_error:
        return _page(request, form, status=422)
    return HttpResponse(status=303, headers={"Location": conversation_url(found[0])})


def _found(request: PersonRequest, typed: str) -> list[Session]:
    """Return the conversation of this id, else those that a search finds, the newest first."""
    wanted = searchable(typed).strip()
    seen = access.sessions_for(request.user).select_related("queue")
    if not wanted:
        return []
    by_id = list(seen.by_id(wanted))
    words = words_of(wanted)
    return by_id or (list(matching(seen, words).newest_first()[: MOST + 1]) if words.used else [])


def _why(typed: str, found: int) -> str:
    if not typed.strip():
        return _("Write the conversation's name, its customer or its id.")
    if not found:
        return _("No conversation that you see is found by this.")
    return _("More than %(most)d fit: choose one, or write more of it.") % {"most": MOST} if found > MOST else _("Several fit.")


def _page(request: PersonRequest, form: LinkForm, status: int = 200) -> HttpResponse:
    return render(request, "tickets/link.html", {**page_context(request, "tickets"), "form": form}, status=status)
