"""Deleted sessions: list them, and restore one. For admins; several at once are restored by a job of the kind `restore`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from sessions_app.actions import deleting
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import SessionId
from sessions_app.api.pages import BrokenOut, Paging, page
from sessions_app.api.schemas.sessions import SessionOut
from sessions_app.models import Session
from sessions_app.queries import deleted_list

router = Router()


class DeletedOut(Schema):
    """A deleted session; `erased_at` is when it can be restored no more."""

    session_id: str
    queue: str | None
    user_id: str
    customer_name: str
    name: str
    status_before: str = Field(description="The status that it gets back.")
    deleted_by: str
    deleted_at: datetime
    erased_at: datetime

    @staticmethod
    def resolve_queue(session: Session) -> str | None:
        return session.queue.slug if session.queue else None

    @staticmethod
    def resolve_deleted_by(session: Session) -> str:
        return getattr(session, "deleted_by", None) or ""

    @staticmethod
    def resolve_erased_at(session: Session) -> datetime | None:
        return deleted_list.erased_at(session)


class DeletedPage(Schema):
    items: list[DeletedOut]
    broken: list[BrokenOut]
    next: str | None


@router.get(
    "/deleted-sessions", response={200: DeletedPage, FAILURES: ErrorOut}, summary="List deleted sessions", auth=auth.ADMIN
)
def list_deleted_sessions(request: ApiRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Newest deletion first. Needs a token that acts for an admin, in all queues."""
    auth.admin(request)
    return page(deleted_list.deleted(), wanted, deleted_list.NEWEST, DeletedOut)


@router.post(
    "/deleted-sessions/{key:session_id}/restore",
    response={200: SessionOut, FAILURES: ErrorOut},
    summary="Restore a deleted session",
    auth=auth.ADMIN,
)
def restore_session(request: ApiRequest, session_id: SessionId) -> Session:
    """Restore it as it was; messages without an answer get one. Needs a token that acts for an admin, in all queues."""
    person = auth.admin(request)
    found = None if "\x00" in session_id else Session.objects.deleted().filter(session_id=session_id).first()
    if found is None:
        raise Http404(_("There is no deleted session of this id."))
    deleting.restore(found, person)
    return auth.session(request, session_id)
