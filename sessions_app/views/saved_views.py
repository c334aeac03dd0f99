"""Saved views: save the list that is shown, and rename, share or delete one."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sessions_app.actions import saved_views
from sessions_app.errors import AppError, InvalidAction
from sessions_app.models import Queue, SavedView
from sessions_app.queries.inbox_views import kept
from sessions_app.queries.places import VIEW, Places, places_of
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people


@require_POST
@for_people
def save_view(request: PersonRequest) -> HttpResponse:
    """Save a list as it is filtered and ordered; a saved view that was changed becomes a new one."""
    places = places_of(request.user)
    try:
        where, query = _list(request, places)
        view = saved_views.save(request.user, request.POST.get("name", ""), where, query, _queue(request, places))
    except AppError as refusal:
        typed = {name: request.POST.get(name, "") for name in ("where", "filter")}
        return _page(request, places, refusal, list_where=typed["where"], list_filter=typed["filter"])
    return redirect("inbox", f"{VIEW}{view.pk}", permanent=False)


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def saved_view(request: PersonRequest, pk: int) -> HttpResponse:
    """The form of a saved view; POST saves it, puts the changed filters of its list into it, or deletes it."""
    places = places_of(request.user)
    view = get_object_or_404(SavedView.objects.visible_to(request.user).select_related("made_by", "queue"), pk=pk)
    if request.method != "POST":
        return _page(request, places, view=view)
    do = request.POST.get("do", "save")
    try:
        if do == "delete":
            return _page(request, places, view=view, deleting=True)
        if do == "deleted":
            saved_views.delete(view, request.user)
            return redirect("inbox", view.where)
        if do == "filters":
            _where, query = kept(view.where, request.POST.get("filter", ""))
            saved_views.change(view, request.user, name=view.name, query=query, queue=view.queue)
        elif do == "save":
            queue = _queue(request, places)
            saved_views.change(view, request.user, name=request.POST.get("name", ""), query=view.query, queue=queue)
        else:
            raise InvalidAction(_("This page is out of date: load it again."))
    except AppError as refusal:
        return _page(request, places, refusal, view=view)
    return redirect("inbox", f"{VIEW}{view.pk}")


def _list(request: PersonRequest, places: Places) -> tuple[str, str]:
    """Return the view of the inbox and the filters that are to be saved; of a saved view, those of the one it narrows."""
    where = request.POST.get("where", "")
    view = places.view(where)
    return kept(view.where if view else where, request.POST.get("filter", ""))


def _queue(request: PersonRequest, places: Places) -> Queue | None:
    """Return the queue with which the view is shared."""
    slug = request.POST.get("share", "")
    found = next((queue for queue in places.queues if queue.slug == slug), None)
    if slug and found is None:
        raise InvalidAction(_("There is no such queue any more, or you do not work it."))
    return found


def _page(
    request: PersonRequest, places: Places, refusal: AppError | None = None, view: SavedView | None = None, **more: Any
) -> HttpResponse:
    shared = view.queue.slug if view and view.queue else ""
    context = {
        **page_context(request, f"{VIEW}{view.pk}" if view else "", places),
        "view": view,
        "name": request.POST.get("name", view.name if view else ""),
        "share": request.POST.get("share", shared),
        "queues": places.queues,
        "may_change": view is None or view.is_changed_by(request.user),
        "problem": refusal,
        **more,
    }
    return render(request, "saved_views/page.html", context, status=refusal.status if refusal else 200)
