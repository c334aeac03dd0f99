"""A session's tickets: link and unlink."""

from __future__ import annotations

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Router
from ninja.responses import Status

from sessions_app.actions import tickets
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import LinkId, SessionId
from sessions_app.api.pages import sorted_out
from sessions_app.api.schemas.tickets import TicketIn, TicketOut
from sessions_app.models import TicketLink, TicketSystem
from sessions_app.validation.numbers import row_number

router = Router()


@router.get(
    "/{key:session_id}/tickets",
    response={200: list[TicketOut], FAILURES: ErrorOut},
    summary="Read ticket links",
    auth=auth.READ,
)
def list_tickets(request: ApiRequest, session_id: SessionId) -> list[TicketLink]:
    """All of them, in the order in which they were linked."""
    return sorted_out(auth.session(request, session_id).tickets.select_related("system", "record"), TicketOut)[0]


@router.post(
    "/{key:session_id}/tickets",
    response={200: TicketOut, 201: TicketOut, FAILURES: ErrorOut},
    summary="Link a ticket",
    auth=auth.WRITE,
)
def link_ticket(request: ApiRequest, session_id: SessionId, ticket: TicketIn) -> Status[TicketLink]:
    """201 with the link, 200 with the one there is when the ticket is linked already. Needs a token that acts for a person."""
    session = auth.session(request, session_id)
    system = None
    if ticket.system is not None:
        system = TicketSystem.objects.filter(slug=ticket.system).first()
        if system is None:
            raise Http404(_("There is no ticket system of this slug."))
    found, is_new = tickets.link_once(session, auth.person(request), ticket.ticket_id, system)
    return Status(201 if is_new else 200, found)


@router.delete(
    "/{key:session_id}/tickets/{link_id}", response={204: None, FAILURES: ErrorOut}, summary="Unlink a ticket", auth=auth.WRITE
)
def unlink_ticket(request: ApiRequest, session_id: SessionId, link_id: LinkId) -> Status[None]:
    """Needs a token that acts for a person."""
    session = auth.session(request, session_id)
    number = row_number(link_id)
    found = None if number is None else session.tickets.filter(pk=number).first()
    if found is None:
        raise Http404(_("There is no ticket link of this id."))
    tickets.unlink(found, auth.person(request))
    return Status(204, None)
