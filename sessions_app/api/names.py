"""Names of sessions: rename one, and have one generated. Needs a token that acts for a person."""

from __future__ import annotations

from ninja import Router
from ninja.responses import Status

from sessions_app.actions import names
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import SessionId
from sessions_app.api.schemas.names import NameIn
from sessions_app.api.schemas.sessions import SessionOut
from sessions_app.models import Session

router = Router()


@router.put(
    "/{key:session_id}/name", response={200: SessionOut, FAILURES: ErrorOut}, summary="Rename a session", auth=auth.WRITE
)
def rename_session(request: ApiRequest, session_id: SessionId, name: NameIn) -> Session:
    """Needs a token that acts for a person; the name counts as given by that person."""
    session = auth.session(request, session_id)
    names.rename(session, auth.person(request), name.name)
    return auth.session(request, session_id)


@router.post(
    "/{key:session_id}/name",
    response={202: SessionOut, FAILURES: ErrorOut},
    summary="Have a session's name generated",
    auth=auth.WRITE,
)
def generate_session_name(request: ApiRequest, session_id: SessionId) -> Status[Session]:
    """202: a worker names it soon, also over a person's name. Needs a token that acts for a person."""
    names.generate(auth.session(request, session_id), auth.person(request))
    return Status(202, auth.session(request, session_id))
