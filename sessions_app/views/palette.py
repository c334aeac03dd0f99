"""Proposals of the palette. It opens by a script; without one the sidebar and the search page lead to the same places."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sessions_app.queries.palette import palette_groups
from sessions_app.queries.search import LONGEST_QUERY
from sessions_app.validation.text import searchable
from sessions_app.views.respond import PersonRequest, for_people


@require_safe
@for_people
def palette(request: PersonRequest) -> HttpResponse:
    """The options for what was typed."""
    typed = searchable(request.GET.get("q", ""))[:LONGEST_QUERY]
    return render(request, "palette/_options.html", {"groups": palette_groups(request.user, typed)})
