"""A session's messages: read them, and hand in the customer's."""

from __future__ import annotations

from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast, Length
from ninja import Header, Query, Router
from ninja.responses import Status

from sessions_app.actions import messages
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import SessionId
from sessions_app.api.pages import Paging, page
from sessions_app.api.schemas.messages import MessageIn, MessageOut, MessagePage, ReplyIn, Sent
from sessions_app.models import Message
from sessions_app.queries.paging import Order

router = Router()


@router.get(
    "/{key:session_id}/messages", response={200: MessagePage, FAILURES: ErrorOut}, summary="Read messages", auth=auth.READ
)
def list_messages(request: ApiRequest, session_id: SessionId, paging: Query[Paging]) -> dict[str, Any]:
    """Oldest first, everything: notes and tool results too. To follow a session, keep the newest message's id and read on."""
    rows = auth.session(request, session_id).messages.select_related("run")
    size = Length("content") + Length(Cast("tool_calls", TextField()))
    return page(rows, paging, order=Order.by("pk"), shape=MessageOut, size=size)


@router.post(
    "/{key:session_id}/messages",
    response={200: MessageOut, 201: MessageOut, FAILURES: ErrorOut},
    summary="Hand in a customer's message",
    auth=auth.WRITE,
)
def send_customer_message(
    request: ApiRequest,
    session_id: SessionId,
    message: MessageIn,
    sent: Header[Sent],
) -> Status[Message]:
    """201 with the message; 200 with the first one when this `Idempotency-Key` came before, 409 `key_taken` when that one had
    other words, 429 `too_many_requests` when the customer has sent all messages that the queue allows in a day: nothing was
    stored. The answer comes later: read on."""
    received, is_new = messages.receive_once(auth.session(request, session_id), message.content, sent.key)
    return Status(201 if is_new else 200, received)


@router.post(
    "/{key:session_id}/replies",
    response={200: MessageOut, 201: MessageOut, FAILURES: ErrorOut},
    summary="Reply to the customer",
    auth=auth.WRITE,
)
def reply_to_session(request: ApiRequest, session_id: SessionId, reply: ReplyIn, sent: Header[Sent]) -> Status[Message]:
    """201 with the message, 200 with the first one when this `Idempotency-Key` came before. 409 `newer` when something was said
    or asked after `seen`; without `seen` the reply goes in any case. The agent does not answer what a person has answered.
    """
    session, person = auth.session(request, session_id), auth.person(request)
    message, is_new = messages.reply_once(session, person, reply.content, seen=reply.seen, idempotency_key=sent.key)
    return Status(201 if is_new else 200, message)


@router.post(
    "/{key:session_id}/notes",
    response={200: MessageOut, 201: MessageOut, FAILURES: ErrorOut},
    summary="Keep a note for the team",
    auth=auth.WRITE,
)
def add_note(request: ApiRequest, session_id: SessionId, note: MessageIn, sent: Header[Sent]) -> Status[Message]:
    """201 with the note, 200 with the first one when this `Idempotency-Key` came before. Neither the customer nor the agent
    ever sees it."""
    session, person = auth.session(request, session_id), auth.person(request)
    message, is_new = messages.note_once(session, person, note.content, idempotency_key=sent.key)
    return Status(201 if is_new else 200, message)
