"""Saved views: those of the token's person and of their queues."""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _
from ninja import P, PathEx, Router
from ninja.responses import Status

from sessions_app.actions import saved_views
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.pages import sorted_out
from sessions_app.api.schemas.saved_views import ViewIn, ViewOut
from sessions_app.models import Queue, SavedView
from sessions_app.models.saved_view import SavedViewSet
from sessions_app.queries.inbox_views import kept
from sessions_app.validation.numbers import row_number

router = Router()
ViewId = PathEx[str, P(description="The view's `id`, a number.")]


@router.get("", response={200: list[ViewOut], FAILURES: ErrorOut}, summary="List saved views", auth=auth.READ)
def list_views(request: ApiRequest) -> list[SavedView]:
    """The person's own and those that the token's queues share; none for a token that acts for no person."""
    return sorted_out(_views(request).order_by("search_text", "pk"), ViewOut)[0]


@router.post("", response={201: ViewOut, FAILURES: ErrorOut}, summary="Save a view", auth=auth.WRITE)
def save_view(request: ApiRequest, view: ViewIn) -> Status[SavedView]:
    """Unknown filters are left out. 422 where there is a view of this name already."""
    where, query = kept(view.where, view.query)
    return Status(201, saved_views.save(auth.person(request), view.name, where, query, _queue(request, view)))


@router.put("/{view_id}", response={200: ViewOut, FAILURES: ErrorOut}, summary="Change a saved view", auth=auth.WRITE)
def change_view(request: ApiRequest, view_id: ViewId, wanted: ViewIn) -> SavedView:
    """Its maker and admins may."""
    view = _view(request, view_id)
    _where, query = kept(wanted.where, wanted.query)
    saved_views.change(view, auth.person(request), name=wanted.name, query=query, queue=_queue(request, wanted))
    # Taken back from its queue it may be another person's now, so it is not looked for among the token's.
    return SavedView.objects.select_related("queue").get(pk=view.pk)


@router.delete("/{view_id}", response={204: None, FAILURES: ErrorOut}, summary="Delete a saved view", auth=auth.WRITE)
def delete_view(request: ApiRequest, view_id: ViewId) -> Status[None]:
    """Its conversations stay as they are. Its maker and admins may."""
    saved_views.delete(_view(request, view_id), auth.person(request))
    return Status(204, None)


def _views(request: ApiRequest) -> SavedViewSet:
    person = request.auth.acts_for
    if person is None:
        return SavedView.objects.none()
    found = SavedView.objects.visible_to(person).select_related("queue", "made_by")
    return found if request.auth.sees_everything() else found.filter(Q(queue=None) | Q(queue__in=auth.queues(request)))


def _view(request: ApiRequest, view_id: str) -> SavedView:
    number = row_number(view_id)
    found = None if number is None else _views(request).filter(pk=number).first()
    if found is None:
        raise Http404(_("There is no saved view of this id."))
    return found


def _queue(request: ApiRequest, wanted: ViewIn) -> Queue | None:
    if wanted.queue is None:
        return None
    queue = auth.queues(request).filter(slug=wanted.queue).first()
    if queue is None:
        raise Http404(_("There is no such queue, or this token may not use it."))
    return queue
