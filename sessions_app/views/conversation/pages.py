"""One session: its page, the page's fragments, and its status, leader and assignee."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sessions_app.actions import escalation, handover, moving, sessions, spam
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure.one_statement import read_steps
from sessions_app.infrastructure.time_zones import from_wall_clock, zone_named
from sessions_app.models import Change, Person, Session
from sessions_app.models.triage import PRIORITIES
from sessions_app.queries import access
from sessions_app.queries.filters import Filters
from sessions_app.queries.inbox_views import rail
from sessions_app.queries.opened import opened_or_404
from sessions_app.queries.snapshot import consistent_read
from sessions_app.queries.undo_offers import unread_offer
from sessions_app.validation.numbers import row_number
from sessions_app.validation.text import searchable
from sessions_app.views.conversation.context import (
    back_to,
    cards_of,
    conversation_context,
    conversation_url,
    details_steps,
    header_steps,
    where_of,
)
from sessions_app.views.conversation.onwards import onwards, staying
from sessions_app.views.conversation.timeline import timeline
from sessions_app.views.conversation.undoing import did, with_offer
from sessions_app.views.inbox.pages import inbox_context
from sessions_app.views.respond import PersonRequest, done, for_people

Result = TypeVar("Result")

UNTIL_CUSTOMER = "reply"


@require_safe
@for_people
def conversation(request: PersonRequest, where: str, session_id: str) -> HttpResponse:
    """The inbox with this session open."""
    opened = opened_or_404(request.user, session_id)
    session = opened.session
    if session.session_id != session_id:
        # It was merged into this one.
        query = request.META.get("QUERY_STRING", "")
        return redirect(conversation_url(session, where, f"?{query}" if query else ""))
    shown = rail(request.user, where, opened.places)
    # The session is read first, so that the list shows it as read.
    context = {
        **conversation_context(request, session, where, opened.read),
        **inbox_context(request, where, shown, session.session_id),
    }
    if "details" in request.GET:
        context["details"] = read_steps(details_steps(request, session, opened.queues))
    return render(request, "inbox/page.html", context)


@require_safe
@for_people
def session_timeline(request: PersonRequest, session_id: str) -> HttpResponse:
    """Everything above the boundary `since`, or the page below `before`; `new` is where the line of new entries stands."""
    opened = opened_or_404(request.user, session_id)
    session = opened.session
    before, since = request.GET.get("before", ""), request.GET.get("since", "")
    seen = row_number(request.GET.get("new", ""))
    shown = consistent_read(session, lambda: timeline(session, request.user, before=before, since=since, seen=seen))
    filters = Filters.of(request.GET)
    context = {"session": session, "timeline": shown, "seen_before": seen, "filters": filters, "marks": filters.words.terms}
    if before:
        return render(request, "conversation/_timeline.html#older", context)
    if opened.read != session.last_change:
        sessions.mark_read(session, request.user)
    return render(request, "conversation/_timeline.html", context)


@require_safe
@for_people
def session_header(request: PersonRequest, session_id: str) -> HttpResponse:
    """The name, facts and menus."""
    session = access.session_or_404(request.user, session_id)
    context = consistent_read(session, lambda: header_steps(request, session, where_of(request)))
    return render(request, "conversation/_header.html", {**context, "refresh": True})


@require_safe
@for_people
def session_decisions(request: PersonRequest, session_id: str) -> HttpResponse:
    """The cards that wait for a person."""
    session = access.session_or_404(request.user, session_id)
    cards = consistent_read(session, lambda: cards_of(request, session))
    return render(request, "conversation/_decisions.html", {"session": session, "cards": cards})


@require_safe
@for_people
def session_details(request: PersonRequest, session_id: str) -> HttpResponse:
    """The drawer."""
    opened = opened_or_404(request.user, session_id)
    session, filters = opened.session, Filters.of(request.GET)
    details = read_steps(details_steps(request, session, opened.queues))
    context = {
        "filters": filters,
        "details_link": filters.query(details=False),
        "session": session,
        "details": details,
        "priorities": PRIORITIES.items(),
    }
    return render(request, "conversation/_details.html", context)


@require_POST
@for_people
def session_status(request: PersonRequest, session_id: str) -> HttpResponse:
    """Resolve, reopen, snooze or mark as spam; or show it as unread to its reader.

    Its reader is then led to the list: to stay would be to read it.
    """
    session = access.session_or_404(request.user, session_id)
    wanted = request.POST.get("do", "")
    if wanted == "unread":
        sessions.mark_unread(session, request.user)
        listed = with_offer(reverse("inbox", args=[where_of(request)]), unread_offer(session).what)
        return HttpResponse(status=303, headers={"Location": listed})
    if wanted == "reopen":
        sessions.reopen(session, request.user)
        return done(request, back_to(request, session))
    verbs: dict[str, Callable[[], Change | None]] = {
        "resolve": lambda: sessions.resolve(session, request.user),
        "spam": lambda: spam.mark(session, request.user),
        "not-spam": lambda: spam.unmark(session, request.user),
        "snooze": lambda: _snooze(session, request.user, request.POST),
    }
    place = onwards(request, session) if wanted in ("resolve", "snooze") else staying(request, session)
    return did(request, session, _one_of(verbs, wanted)(), place)


def _ask_colleagues(session: Session, person: Person, note: str) -> None:
    if not escalation.ask_colleagues(session, person, note):
        raise InvalidAction(_("This conversation needs a person already."))


@require_POST
@for_people
def session_lead(request: PersonRequest, session_id: str) -> HttpResponse:
    """A person takes over, hands back to the agent, asks colleagues, or says how far the agent may go by itself."""
    session = access.session_or_404(request.user, session_id)
    verbs: dict[str, Callable[[], None]] = {
        "take-over": lambda: handover.take_over(session, request.user),
        "hand-back": lambda: handover.hand_back(session, request.user),
        "ask-colleagues": lambda: _ask_colleagues(session, request.user, request.POST.get("note", "")),
        "mode": lambda: handover.set_mode(session, request.user, request.POST.get("mode", "")),
    }
    _one_of(verbs, request.POST.get("do", ""))()
    return done(request, back_to(request, session))


@require_POST
@for_people
def session_assignee(request: PersonRequest, session_id: str) -> HttpResponse:
    """Assign the session to a person, or to none."""
    session = access.session_or_404(request.user, session_id)
    change = sessions.assign(session, request.user, _assignee(request.POST.get("assignee", "")))
    return did(request, session, change, staying(request, session))


@require_POST
@for_people
def session_queue(request: PersonRequest, session_id: str) -> HttpResponse:
    """Move the session to another queue that the person works."""
    session = access.session_or_404(request.user, session_id)
    queue = access.queues_for(request.user).filter(slug=searchable(request.POST.get("queue", ""))).first()
    if queue is None:
        raise InvalidAction(_("There is no such queue any more, or you do not work it."))
    change = moving.move(session, request.user, queue)
    return did(request, session, change, staying(request, session))


def _one_of(verbs: dict[str, Callable[[], Result]], wanted: str) -> Callable[[], Result]:
    if wanted not in verbs:
        raise InvalidAction(_("This page is out of date: load it again."))
    return verbs[wanted]


def _snooze(session: Session, person: Person, sent: QueryDict) -> Change:
    until = sent.get("until", "")
    return sessions.snooze(session, person, None if until == UNTIL_CUSTOMER else _moment(until, sent.get("zone", "")))


def _moment(text: str, zone: str) -> datetime:
    """Parse a time: a ready choice has its zone, a time of one's own is in the zone that the form showed."""
    try:
        when = parse_datetime(text)
        if when is not None:
            return when if timezone.is_aware(when) else from_wall_clock(when, zone_named(zone))
    except (ValueError, OverflowError):
        pass
    raise InvalidAction(_("Choose until when: a date and a time."))


def _assignee(key: str) -> Person | None:
    if not key:
        return None
    person = Person.objects.filter(pk=row_number(key) or 0, is_active=True).first()
    if person is None:
        raise InvalidAction(_("There is no such person any more."))
    return person
