"""Customers' secret links, and customers who ask for a person."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from ninja import Router
from ninja.responses import Status

from sessions_app.actions import customer_links, escalation
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import SessionId
from sessions_app.api.schemas.customer_links import LinkOut
from sessions_app.api.schemas.sessions import SessionOut
from sessions_app.models import Session

router = Router()


@router.post(
    "/{key:session_id}/link",
    response={201: LinkOut, FAILURES: ErrorOut},
    summary="Make a customer's secret link anew",
    auth=auth.WRITE,
)
def make_link(request: ApiRequest, session_id: SessionId) -> Status[LinkOut]:
    """The answer alone shows it. A link that there was before ends. Needs a token that acts for a person."""
    session = auth.session(request, session_id)
    secret = customer_links.make(session, auth.person(request))
    address = request.build_absolute_uri(reverse("customer-conversation", args=[secret]))
    link = customer_links.link_of(auth.session(request, session_id))
    return Status(201, LinkOut(url=address, ends_at=link.ends_at))


@router.delete(
    "/{key:session_id}/link",
    response={204: None, FAILURES: ErrorOut},
    summary="Revoke a customer's secret link",
    auth=auth.WRITE,
)
def revoke_link(request: ApiRequest, session_id: SessionId) -> HttpResponse:
    """Revoke the link, and end pages that are open by it. Needs a token that acts for a person."""
    customer_links.revoke(auth.session(request, session_id), auth.person(request))
    return HttpResponse(status=204)


@router.post(
    "/{key:session_id}/ask-for-person",
    response={200: SessionOut, FAILURES: ErrorOut},
    summary="Ask for a person",
    auth=auth.WRITE,
)
def ask_for_person(request: ApiRequest, session_id: SessionId) -> Session:
    """Record that the customer wants a person: the AI stops answering and the session waits for the team.

    Offer this to every customer whom an AI answers. Asking again changes nothing.
    """
    escalation.ask_for_person(auth.session(request, session_id))
    return auth.session(request, session_id)
