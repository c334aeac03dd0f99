"""A session's customer: read and correct what is known of them; attributes that programs tell."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Router

from sessions_app.actions import customer_attributes, customers
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import SessionId
from sessions_app.api.pages import sorted_out
from sessions_app.api.schemas.attributes import AttributesIn, AttributesOut, CustomerIn, CustomerOut, OtherSessionOut
from sessions_app.models import CustomerAttributes, Session
from sessions_app.queries.customer_panel import same_customer

router = Router()
attributes_router = Router()
#: Other sessions of the customer in an answer.
MOST = 50


@router.get(
    "/{key:session_id}/customer", response={200: CustomerOut, FAILURES: ErrorOut}, summary="Read a customer", auth=auth.READ
)
def get_customer(request: ApiRequest, session_id: SessionId) -> dict[str, Any]:
    """The session's customer, their other sessions, the newest first, and what your systems told of them."""
    return _shown(request, auth.session(request, session_id))


@router.patch(
    "/{key:session_id}/customer",
    response={200: CustomerOut, FAILURES: ErrorOut},
    summary="Correct a customer",
    auth=auth.WRITE,
)
def correct_customer(request: ApiRequest, session_id: SessionId, wanted: CustomerIn) -> dict[str, Any]:
    """Name and mail address, in this session and in others of the same user id that the token's person sees. Needs a token that
    acts for a person."""
    session = auth.session(request, session_id)
    name = session.customer_name if wanted.customer_name is None else wanted.customer_name
    email = session.customer_email if wanted.customer_email is None else wanted.customer_email
    customers.correct(session, auth.person(request), name=name, email=email)
    return _shown(request, auth.session(request, session_id))


@attributes_router.put(
    "/attributes", response={200: AttributesOut, FAILURES: ErrorOut}, summary="Tell a customer's attributes", auth=auth.WRITE
)
def put_customer_attributes(request: ApiRequest, told: AttributesIn) -> CustomerAttributes:
    """People read them beside the customer's conversations. 404 where the token sees no session of this user id: attributes
    live as long as the customer has one."""
    if not auth.sessions(request).filter(user_id=told.user_id).exists():
        raise Http404(_("There is no session of this user id, or this token does not see it."))
    return customer_attributes.tell(told.user_id, told.attributes)


def _shown(request: ApiRequest, session: Session) -> dict[str, Any]:
    others = same_customer(session, auth.sessions(request)).select_related("queue", "assignee")[:MOST]
    told = CustomerAttributes.objects.filter(user_id=session.user_id).first() if session.user_id else None
    return {
        "user_id": session.user_id,
        "customer_name": session.customer_name,
        "customer_email": session.customer_email,
        "attributes": told.attributes if told else {},
        "told_at": told.told_at if told else None,
        "sessions": sorted_out(others, OtherSessionOut)[0],
    }
