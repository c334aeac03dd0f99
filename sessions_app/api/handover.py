"""Handover between AI and people, and private turns. All of it needs a token that acts for a person."""

from __future__ import annotations

from dataclasses import asdict

from ninja import Router, Status

from sessions_app.actions import escalation, handover, sessions
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import SessionId
from sessions_app.api.schemas.handover import BriefLineOut, HandOverOut, ModeIn, NeedsPersonIn
from sessions_app.api.schemas.sessions import SessionOut
from sessions_app.models import Session

#: Hand-overs that are listed.
MOST = 100

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


@router.post(
    "/{key:session_id}/needs-person",
    response={200: SessionOut, FAILURES: ErrorOut},
    summary="Ask colleagues to answer a session",
    auth=auth.WRITE,
)
def need_person(request: ApiRequest, session_id: SessionId, wanted: NeedsPersonIn) -> Session:
    """The AI is silent until a person hands back. Where the session needs a person already, nothing changes."""
    escalation.ask_colleagues(auth.session(request, session_id), auth.person(request), wanted.note)
    return auth.session(request, session_id)


@router.get(
    "/{key:session_id}/hand-overs",
    response={200: list[HandOverOut], FAILURES: ErrorOut},
    summary="List hand-overs to people",
    auth=auth.READ,
)
def list_hand_overs(request: ApiRequest, session_id: SessionId) -> list[HandOverOut]:
    """The newest first, a hundred at most, each with its brief for the team."""
    made = auth.session(request, session_id).hand_overs.order_by("-pk")[:MOST]
    return [
        HandOverOut(
            reason=one.reason,
            by=one.by,
            note=one.note,
            brief=[BriefLineOut(**asdict(line)) for line in one.lines],
            created_at=one.created_at,
        )
        for one in made
    ]


@router.post(
    "/{key:session_id}/unread",
    response={204: None, FAILURES: ErrorOut},
    summary="Mark a session as unread",
    auth=auth.WRITE,
)
def mark_unread(request: ApiRequest, session_id: SessionId) -> Status[None]:
    """It is new again to the person as whom the token acts, until they open it."""
    sessions.mark_unread(auth.session(request, session_id), auth.person(request))
    return Status(204, None)


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
