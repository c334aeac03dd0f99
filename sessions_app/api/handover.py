"""Handover between AI and people, and private turns. All of it needs a token that acts for a person."""

from __future__ import annotations

from ninja import Router

from sessions_app.actions import handover
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import SessionId
from sessions_app.api.schemas.handover import ModeIn
from sessions_app.api.schemas.sessions import SessionOut
from sessions_app.models import Session

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
