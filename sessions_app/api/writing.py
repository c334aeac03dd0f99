"""People's messages: replies to the customer and notes for the team. Needs a token that acts for a person."""

from __future__ import annotations

from ninja import Header, Router
from ninja.responses import Status

from sessions_app.actions import messages
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import SessionId
from sessions_app.api.schemas import MessageIn, MessageOut, ReplyIn, Sent
from sessions_app.models import Message

router = Router()


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
