"""Handover between AI and people, and private turns. All of it needs a token that acts for a person."""

from __future__ import annotations

from ninja import Header, Router
from ninja.responses import Status

from sessions_app.actions import handover, private_turns
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import SessionId
from sessions_app.api.schemas import MessageIn, ModeIn, RunOut, Sent, SessionOut
from sessions_app.models import Run, Session

router = Router()


@router.post(
    "/{key:session_id}/take-over",
    response={200: SessionOut, FAILURES: ErrorOut},
    summary="Let a person lead a session",
    auth=auth.WRITE,
)
def take_over_session(request: ApiRequest, session_id: SessionId) -> Session:
    """The agent's turn is cancelled; what it was saying is kept and not sent."""
    handover.take_over(auth.session(request, session_id), auth.person(request))
    return auth.session(request, session_id)


@router.post(
    "/{key:session_id}/hand-back",
    response={200: SessionOut, FAILURES: ErrorOut},
    summary="Let the agent lead a session",
    auth=auth.WRITE,
)
def hand_back_session(request: ApiRequest, session_id: SessionId) -> Session:
    """The agent works again as it did before the takeover, beginning with unanswered messages."""
    handover.hand_back(auth.session(request, session_id), auth.person(request))
    return auth.session(request, session_id)


@router.put(
    "/{key:session_id}/ai-mode",
    response={200: SessionOut, FAILURES: ErrorOut},
    summary="Set a session's AI mode",
    auth=auth.WRITE,
)
def set_ai_mode(request: ApiRequest, session_id: SessionId, wanted: ModeIn) -> Session:
    """`autopilot` answers, `draft` lets people send what the agent writes, `off` is silent, `queue` is as the queue."""
    mode = "" if wanted.ai_mode == "queue" else wanted.ai_mode
    handover.set_mode(auth.session(request, session_id), auth.person(request), mode)
    return auth.session(request, session_id)


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
