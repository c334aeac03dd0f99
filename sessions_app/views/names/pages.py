"""The Names page, and the forms of its rows. Each answer goes to the row that is next."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kern.errors import InvalidSessionNameError
from sessions_app.actions import name_suggestions, names
from sessions_app.errors import AppError, InvalidAction
from sessions_app.jobs.registry import ACTIONS
from sessions_app.models import NameSuggestion, Session
from sessions_app.queries import access, name_list
from sessions_app.queries.places import places_of
from sessions_app.validation.numbers import row_number
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people

LONGEST_SHOWN = 60
#: In the place of a row: none has the cursor, a script knows better where it is.
NO_CURSOR = "none"


@require_safe
@for_people
def name_page(request: PersonRequest) -> HttpResponse:
    """Conversations of one kind, or of all that want a name; `at` is the row that has the cursor."""
    return render(request, "names/page.html", _context(request, request.GET.get("kind", ""), request.GET.get("at", "")))


@require_POST
@for_people
def name_row(request: PersonRequest, pk: int) -> HttpResponse:
    """Rename one conversation of the list, answer its suggestion, or ask the AI for a name."""
    session = access.session_by_key_or_404(request.user, pk)
    typed = request.POST.get("proposal") or request.POST.get("name", "")
    try:
        _act(request, session, typed)
    except InvalidSessionNameError as invalid:
        refusal = InvalidAction(_not_saved(typed, invalid))
        return _refused(request, session, typed, refusal, invalid.proposal)
    except AppError as refusal:
        return _refused(request, session, typed, refusal)
    done = {} if request.POST.get("do") in ("dismiss", "generate", "undo") else {"done": session.pk}
    return HttpResponse(status=303, headers={"Location": _address(request, **done)})


@require_POST
@for_people
def names_together(request: PersonRequest) -> HttpResponse:
    """Accept all suggestions of the page; those that changed meanwhile or break a rule stay, and are counted."""
    left = 0
    for key in request.POST.getlist("suggestion"):
        found = NameSuggestion.objects.filter(pk=row_number(key) or 0, state=NameSuggestion.State.OPEN).first()
        if found is None:
            continue
        session = access.session_by_key_or_404(request.user, found.session_id)
        try:
            name_suggestions.accept(session, request.user, found.pk)
        except (AppError, InvalidSessionNameError):
            left += 1
    told = {"left": left} if left else {}
    return HttpResponse(status=303, headers={"Location": _address(request, **told)})


def _act(request: PersonRequest, session: Session, typed: str) -> None:
    person, key = request.user, row_number(request.POST.get("suggestion", "")) or 0
    match request.POST.get("do", ""):
        case "accept":
            name_suggestions.accept(session, person, key)
        case "dismiss":
            name_suggestions.dismiss(session, person, key)
        case "generate":
            names.generate(session, person, replace=False)
        case "undo":
            names.undo(session, person, row_number(request.POST.get("version", "")) or 0)
        case _:
            names.rename(session, person, typed, seen=row_number(request.POST.get("version", "")))


def _context(request: PersonRequest, kind: str, at: str, **more: Any) -> dict[str, Any]:
    kind = kind if kind in name_list.KINDS else name_list.NEEDS
    places = places_of(request.user)
    queues = places.queues
    page = name_list.page_of(request.user, kind, queues)
    rows = [row.session.pk for group in page.groups for row in group.rows]
    numbers = {name_list.NEEDS: page.needs, **page.counts}
    return {
        **page_context(request, "names", places),
        "page": page,
        "kind": kind,
        "tabs": [(name, name_list.title_of(name), numbers[name]) for name in name_list.KINDS],
        "at": _at(at, rows),
        "left": row_number(request.GET.get("left", "")) or 0,
        "done": name_list.given_by(request.user, done, queues) if (done := row_number(request.GET.get("done", ""))) else None,
        "actions": [ACTIONS[name] for name in ("name", "rename", "unlock") if name in ACTIONS],
        "suggestions": [row.suggestion for group in page.groups for row in group.rows if row.suggestion],
        **more,
    }


def _at(asked: str, rows: list[int]) -> int | None:
    """Return the row with the cursor: the one that was asked for, else the first."""
    if asked == NO_CURSOR:
        return None
    wanted = row_number(asked)
    return wanted if wanted in rows else next(iter(rows), None)


def _refused(request: PersonRequest, session: Session, typed: str, refusal: AppError, proposal: str = "") -> HttpResponse:
    """The page again, with what was typed in its row and the reason beside it."""
    refused = {"refused_key": session.pk, "refusal": refusal, "typed": typed, "proposal": proposal}
    at = NO_CURSOR if request.POST.get("next") == NO_CURSOR else str(session.pk)
    context = _context(request, request.POST.get("kind", ""), at, **refused)
    return render(request, "names/page.html", context, status=refusal.status)


def _address(request: PersonRequest, **more: Any) -> str:
    following = request.POST.get("next", "")
    at = following if following == NO_CURSOR else row_number(following)
    query = {"kind": request.POST.get("kind", ""), "at": at or "", **more}
    said = urlencode({name: value for name, value in query.items() if value})
    # No fragment: browsers put the cursor nowhere in a page that is opened at one.
    return f"{reverse('names')}{'?' if said else ''}{said}"


def _not_saved(name: str, why: InvalidSessionNameError) -> str:
    return _("“%(name)s” was not saved: %(why)s.") % {"name": Truncator(name).chars(LONGEST_SHOWN), "why": why}
