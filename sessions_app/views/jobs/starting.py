"""From a list's selection to a dry run: the action's form where it asks for something, then the job that is not started."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from sessions_app.jobs import planning
from sessions_app.jobs.action import Action, InvalidParameters
from sessions_app.jobs.deleting import Restore
from sessions_app.jobs.planning import Wanted
from sessions_app.jobs.registry import action_of
from sessions_app.models import Label, Person
from sessions_app.models.triage import PRIORITIES
from sessions_app.queries import deleted_list, name_list, selection
from sessions_app.queries.inbox_views import WhereConverter
from sessions_app.queries.places import places_of
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest


def begin(request: PersonRequest) -> HttpResponse:
    """Plan a job with what a list's form selected; first ask for the parameters of an action that has some."""
    action = action_of(request.POST.get("do", ""))
    if action.asks and "ready" not in request.POST:
        return _form(request, action, chosen(request, action))
    try:
        job = planning.plan(
            action.name,
            [Wanted(key) for key in chosen(request, action)],
            {name: request.POST.get(name, "") for name in action.asks},
            person=request.user,
            source=_source(request),
        )
    except InvalidParameters as problem:
        return _form(request, action, chosen(request, action), problem)
    return redirect("job", job.pk)


def chosen(request: PersonRequest, action: Action) -> list[int]:
    """Return the keys of the selected sessions. Raises `InvalidAction` where nothing is selected."""
    scope = request.POST.get("scope")
    if scope == "matching" and action.name == Restore.name and request.user.is_superuser:
        return deleted_list.keys_of(request.POST.get("q", ""), planning.MOST)
    if scope == "matching" and action.in_menu:
        return selection.matching(request.user, *_list(request), planning.MOST)
    if scope == "unnamed" and action.in_menu:
        return name_list.unnamed(request.user, planning.MOST)
    ticked = [*request.POST.getlist("session"), *selection.asking(request.POST.getlist("requirement"))]
    return selection.ticked(action.sessions(request.user), ticked)


def _source(request: PersonRequest) -> str:
    if request.POST.get("scope") == "unnamed":
        return _("Names")
    if request.POST.get("do") == Restore.name:
        return _("Deleted conversations")
    return selection.source_of(request.user, *_list(request))


def _list(request: PersonRequest) -> tuple[str, str]:
    """Return the view and the filters of the list in which the person selected."""
    where = request.POST.get("where", "")
    return (where if re.fullmatch(WhereConverter.regex, where) else "open"), request.POST.get("filter", "")


def _form(request: PersonRequest, action: Action, keys: list[int], problem: InvalidParameters | None = None) -> HttpResponse:
    where, query = _list(request)
    places = places_of(request.user)
    is_matching = request.POST.get("scope") == "matching"
    context: dict[str, Any] = {
        **page_context(request, "jobs", places),
        "action": action,
        "count": len(keys),
        "matching": is_matching,
        "sessions": [] if is_matching else keys,
        "list_where": where,
        "list_filter": query,
        "typed": request.POST,
        "problem": problem,
        "queues": places.queues,
        "labels": Label.objects.by_name(),
        "priorities": PRIORITIES.items(),
        "people": Person.objects.filter(is_active=True).order_by("display_name", "email"),
    }
    return render(request, "jobs/new.html", context, status=422 if problem else 200)
