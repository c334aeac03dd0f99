"""Private turns of the agent for one person: drafts and questions. Needs a token that acts for a person."""

from __future__ import annotations

from ninja import Header, Router
from ninja.responses import Status

from sessions_app.actions import private_turns
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import SessionId
from sessions_app.api.schemas.messages import MessageIn, Sent
from sessions_app.api.schemas.runs import RunOut
from sessions_app.models import Run

router = Router()


@router.post(
    "/{key:session_id}/drafts",
    response={201: RunOut, FAILURES: ErrorOut},
    summary="Have the agent draft an answer",
    auth=auth.WRITE,
)
def draft_answer(request: ApiRequest, session_id: SessionId) -> Status[Run]:
    """201 with the run that drafts; its `content` is the draft once it is completed. The customer sees none of it."""
    run = private_turns.draft(auth.session(request, session_id), auth.person(request))
    return Status(201, auth.run(request, run.run_id))


@router.post(
    "/{key:session_id}/questions",
    response={200: RunOut, 201: RunOut, FAILURES: ErrorOut},
    summary="Ask the agent privately",
    auth=auth.WRITE,
)
def ask_agent(request: ApiRequest, session_id: SessionId, question: MessageIn, sent: Header[Sent]) -> Status[Run]:
    """201 with the run that answers, 200 with the first one when this `Idempotency-Key` came before; its `content` is the
    answer once it is completed. The customer sees none of it."""
    session, person = auth.session(request, session_id), auth.person(request)
    run, is_new = private_turns.ask_agent_once(session, person, question.content, idempotency_key=sent.key)
    return Status(201 if is_new else 200, auth.run(request, run.run_id))
