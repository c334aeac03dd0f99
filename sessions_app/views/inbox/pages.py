"""The list of sessions beside an empty conversation, and its refresh."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sessions_app import desk
from sessions_app.jobs.registry import menu_of
from sessions_app.queries.decision_list import decisions_page
from sessions_app.queries.filter_menu import FilterMenu
from sessions_app.queries.filters import Filters
from sessions_app.queries.inbox_views import DECISIONS, SEARCH, Rail, rail
from sessions_app.queries.narrowing import narrowed
from sessions_app.queries.operators import NAMES, VALUES
from sessions_app.queries.places import LABEL, QUEUE
from sessions_app.queries.search_beside import read_hits
from sessions_app.queries.session_list import page_of, show_hits
from sessions_app.queries.undo_offers import offered
from sessions_app.queries.ways_out import ways_out
from sessions_app.queries.wide_list import kept_columns, wide_list
from sessions_app.validation.redirects import own_path
from sessions_app.views.respond import PersonRequest, for_people


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The first page is what needs a person."""
    return redirect("inbox", "decisions")


@require_safe
@for_people
def inbox(request: PersonRequest, where: str) -> HttpResponse:
    """One view: the rail, the list, and no conversation open."""
    return render(request, "inbox/page.html", inbox_context(request, where))


@require_safe
@for_people
def session_list(request: PersonRequest, where: str) -> HttpResponse:
    """The list alone: its refresh (`until` a cursor), or its next page (`before` one)."""
    context = list_context(request, where, rail(request.user, where), request.GET.get("open", ""))
    return render(request, "inbox/_list.html#rows" if "before" in request.GET else "inbox/_list.html", context)


@require_POST
@for_people
def list_form(request: PersonRequest) -> HttpResponse:
    """Store whether the person's list is wide, and its columns; the whole page depends on it, so it is loaded again."""
    person, sent = request.user, request.POST
    person.wide_list = sent.get("form") == "wide"
    if "columns" in sent or "column" in sent:
        person.list_columns = kept_columns(sent.getlist("column"))
    person.save(update_fields=["wide_list", "list_columns"])
    return HttpResponse(status=303, headers={"Location": own_path(request, request.headers.get("Referer"))})


def inbox_context(request: PersonRequest, where: str, shown: Rail | None = None, opened: str = "") -> dict[str, Any]:
    """Return the context of every whole page of the inbox; `shown` is the rail, where it is read already."""
    shown = shown or rail(request.user, where)
    # The rail is read before the rows: what happens in between is caught up by the stream.
    did = request.GET.get("did", "")
    undo = offered(request.user, did) if did else None
    listed = list_context(request, where, shown, opened)
    return {**listed, "newest": shown.newest, "offline": desk.is_offline(), "undo": undo}


def list_context(request: PersonRequest, where: str, shown: Rail, opened: str = "") -> dict[str, Any]:
    """The rail and one page of rows, beside the conversation that is `opened`."""
    filters = Filters.of(request.GET, shown.saved_filters)
    sessions = narrowed(shown.sessions, filters, request.user)
    before, until = request.GET.get("before", ""), request.GET.get("until", "")
    queues = {} if where.startswith(QUEUE) else {box.where.removeprefix(QUEUE): str(box.title) for box in shown.queues}
    # A saved view has the usual order of the list that it narrows.
    within = shown.here.view.where if shown.here.view else where
    menu = FilterMenu(filters, queues, {box.where.removeprefix(LABEL): str(box.title) for box in shown.labels})
    page = decisions_page if where == DECISIONS else page_of
    shown_page = page(sessions, request.user, filters.order_in(within), before, until)
    beside = None
    if where == SEARCH and filters.words.used and not before:
        beside = read_hits(shown_page.rows, filters.words, request.user)
    elif where != DECISIONS:
        show_hits(shown_page.rows, filters.words.terms)
    nothing = filters.q and where != DECISIONS and not (shown_page.rows or before or until)
    return {
        "rail": shown,
        "where": where,
        "filters": filters,
        "chips": menu.chips(),
        "choices": menu.choices(),
        "sorts": menu.sorts(
            _("Expires first") if where == DECISIONS else _("Newest first"), within, of_sessions=where != DECISIONS
        ),
        "page": shown_page,
        "may_change_view": shown.here.view is not None and shown.here.view.is_changed_by(request.user),
        "beside": beside,
        "ways_out": ways_out(shown.sessions, filters, request.user) if nothing else [],
        "operators": NAMES.items(),
        "operator_values": [(f"{name}:{value}", words) for name, values in VALUES.items() for value, words in values.items()],
        "open": opened,
        "wide": wide_list(request.user, where, opened, filters),
        "can_be_wide": where != DECISIONS,
        "refresh": True,
        "bulk_actions": menu_of(request.user, deciding=where == DECISIONS),
    }
