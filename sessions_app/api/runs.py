"""Runs: read, cancel, try again, ask again."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce, Length
from ninja import Query, Router

from sessions_app.actions import runs
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import RunId, SessionId
from sessions_app.api.pages import Paging, must_be_readable, page
from sessions_app.api.schemas.runs import RunOut, RunPage
from sessions_app.models import Run, ToolCall
from sessions_app.queries.paging import Order

router = Router()
#: The length of all results of a run's tools.
RESULTS = (
    ToolCall.objects.filter(run=OuterRef("pk"))
    .order_by()
    .values("run")
    .annotate(characters=Sum(Length("result")))
    .values("characters")
)


@router.get("/sessions/{key:session_id}/runs", response={200: RunPage, FAILURES: ErrorOut}, summary="Read runs", auth=auth.READ)
def list_runs(request: ApiRequest, session_id: SessionId, paging: Query[Paging]) -> dict[str, Any]:
    """Oldest first; members' runs of a team follow the run that asked for them."""
    rows = auth.session(request, session_id).runs.select_related("parent", "asked_by").prefetch_related("tool_calls")
    size = Length("content") + Coalesce(Subquery(RESULTS), 0)
    return page(rows, paging, order=Order.by("pk"), shape=RunOut, size=size)


@router.get("/runs/{run_id}", response={200: RunOut, FAILURES: ErrorOut}, summary="Read a run", auth=auth.READ)
def get_run(request: ApiRequest, run_id: RunId) -> Run:
    """One run, with what it said and the journal of its tool calls."""
    found = auth.run(request, run_id)
    must_be_readable(found)
    return found


@router.post("/runs/{run_id}/cancel", response={200: RunOut, FAILURES: ErrorOut}, summary="Cancel a run", auth=auth.WRITE)
def cancel_run(request: ApiRequest, run_id: RunId) -> Run:
    """A waiting run ends at once, a working one as soon as its worker looks. Needs a token that acts for a person."""
    runs.cancel(auth.run(request, run_id), auth.person(request))
    return auth.run(request, run_id)


@router.post(
    "/runs/{run_id}/retry", response={200: RunOut, FAILURES: ErrorOut}, summary="Try a failed run again", auth=auth.WRITE
)
def retry_run(request: ApiRequest, run_id: RunId) -> Run:
    """Needs a token that acts for a person."""
    runs.retry(auth.run(request, run_id), auth.person(request))
    return auth.run(request, run_id)


@router.post(
    "/runs/{run_id}/ask-again",
    response={200: RunOut, FAILURES: ErrorOut},
    summary="Drop a paused run for a new one",
    auth=auth.DECIDE,
)
def ask_again(request: ApiRequest, run_id: RunId) -> Run:
    """Cancels the run with its questions; a new one sees everything said since. Needs a token that acts for a person."""
    runs.ask_again(auth.run(request, run_id), auth.person(request))
    return auth.run(request, run_id)
