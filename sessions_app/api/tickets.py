"""A session's tickets: link, put first and unlink; and those that its customer mentioned."""

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
from sessions_app.api.schemas.tickets import FirstIn, MentionOut, TicketIn, TicketOut
from sessions_app.models import Session, TicketLink, TicketSystem
from sessions_app.queries.ticket_suggestions import Suggestion, mentioned
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
    found, is_new = tickets.link_once(session, auth.person(request), ticket.ticket_id, _system(ticket))
    return Status(201 if is_new else 200, found)


@router.put(
    "/{key:session_id}/tickets/{link_id}",
    response={200: TicketOut, FAILURES: ErrorOut},
    summary="Put a ticket first",
    auth=auth.WRITE,
)
def put_ticket_first(request: ApiRequest, session_id: SessionId, link_id: LinkId, wanted: FirstIn) -> TicketLink:
    """Rows and names show the first one. Needs a token that acts for a person."""
    found = _link(auth.session(request, session_id), link_id)
    tickets.make_primary(found, auth.person(request))
    return _link(found.session, link_id)


@router.get(
    "/{key:session_id}/mentions",
    response={200: list[MentionOut], FAILURES: ErrorOut},
    summary="List mentioned tickets",
    auth=auth.READ,
)
def list_ticket_mentions(request: ApiRequest, session_id: SessionId) -> list[Suggestion]:
    """Tickets that the customer wrote of lately. Nothing links them by itself."""
    return mentioned(auth.session(request, session_id))


@router.post(
    "/{key:session_id}/mentions", response={204: None, FAILURES: ErrorOut}, summary="Dismiss a mention", auth=auth.WRITE
)
def dismiss_ticket_mention(request: ApiRequest, session_id: SessionId, ticket: TicketIn) -> Status[None]:
    """The ticket is not meant: it is suggested no more in this session. Linking it takes that back."""
    session = auth.session(request, session_id)
    tickets.dismiss(session, auth.person(request), ticket.ticket_id, _system(ticket))
    return Status(204, None)


@router.delete(
    "/{key:session_id}/tickets/{link_id}", response={204: None, FAILURES: ErrorOut}, summary="Unlink a ticket", auth=auth.WRITE
)
def unlink_ticket(request: ApiRequest, session_id: SessionId, link_id: LinkId) -> Status[None]:
    """Needs a token that acts for a person."""
    session = auth.session(request, session_id)
    tickets.unlink(_link(session, link_id), auth.person(request))
    return Status(204, None)


def _link(session: Session, link_id: str) -> TicketLink:
    number = row_number(link_id)
    found = None if number is None else session.tickets.filter(pk=number).select_related("system", "record").first()
    if found is None:
        raise Http404(_("There is no ticket link of this id."))
    return found


def _system(ticket: TicketIn) -> TicketSystem | None:
    found = None if ticket.system is None else TicketSystem.objects.filter(slug=ticket.system).first()
    if found is None and ticket.system is not None:
        raise Http404(_("There is no ticket system of this slug."))
    return found
