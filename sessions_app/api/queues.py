"""The queues that a token acts on."""

from __future__ import annotations

from ninja import Router

from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.pages import sorted_out
from sessions_app.api.schemas.queues import QueueOut
from sessions_app.models import Queue

router = Router()


@router.get("", response={200: list[QueueOut], FAILURES: ErrorOut}, summary="List queues", auth=auth.READ)
def list_queues(request: ApiRequest) -> list[Queue]:
    """All that this token acts on, in the order of the pages, with the people who can be given their sessions."""
    return sorted_out(auth.queues(request).prefetch_related("members"), QueueOut)[0]
