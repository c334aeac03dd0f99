"""Merge two conversations: both side by side, what stays, and how the timeline will read; and undo it."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from sessions_app.actions import apart, merging
from sessions_app.errors import AppError, InvalidAction
from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import KeptApart, Merge, Message, Requirement, Session, TicketLink
from sessions_app.queries import access
from sessions_app.queries.counting import capped_counts
from sessions_app.validation.redirects import own_page
from sessions_app.validation.text import searchable
from sessions_app.views.conversation.context import conversation_url
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, done, for_people

#: Newest messages of both that the preview shows.
PREVIEWED = 12


@dataclass
class Side:
    """One of the two conversations: A or B."""

    letter: str
    session: Session
    tickets: list[Any]
    messages: int = 0
    waiting: int = 0


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
@never_cache
def merge(request: PersonRequest) -> HttpResponse:
    """Both conversations beside each other; POST merges B into the one that is kept, or keeps them apart."""
    said = request.POST if request.method == "POST" else request.GET
    first = _found(request, said.get("a", ""))
    second = _found(request, said.get("b", ""))
    if first is None or second is None or first.pk == second.pk:
        wrong = bool(said.get("b", "").strip()) and (second is None or first is None or first.pk == second.pk)
        return _choose(request, first, said.get("b", ""), wrong, status=422 if request.method == "POST" else 200)
    if request.method != "POST":
        return _compare(request, first, second)
    if (wish := request.POST.get("do", "")) in ("apart", "offer"):
        (apart.keep_apart if wish == "apart" else apart.offer_again)(first, second, request.user)
        return done(request, own_page(request, request.headers.get("Referer", ""), reverse("tickets")))
    kept, gone = (second, first) if request.POST.get("keep") == "b" else (first, second)
    named = second if request.POST.get("name") == "b" else first
    try:
        merging.merge(kept, gone, request.user, name_of=named.session_id)
    except AppError as refusal:
        return _compare(request, first, second, refusal=refusal, status=refusal.status)
    return HttpResponse(status=303, headers={"Location": conversation_url(kept, query="?details=1")})


@require_POST
@for_people
def merge_undo(request: PersonRequest, pk: int) -> HttpResponse:
    """Take a merge apart."""
    found = get_object_or_404(Merge.objects.filter(kept__in=access.sessions_for(request.user)).select_related("kept"), pk=pk)
    back = merging.undo(found, request.user)
    return done(request, conversation_url(back))


def _found(request: PersonRequest, key: str) -> Session | None:
    """Return the session of an id that the person sees."""
    seen = access.sessions_for(request.user).select_related("queue", "assignee")
    return seen.by_id(searchable(key).strip()).first() if key.strip() else None


def _choose(request: PersonRequest, first: Session | None, typed: str, wrong: bool, status: int) -> HttpResponse:
    refusal = InvalidAction(_("There is no other conversation of this id that you see.")) if wrong else None
    context = {"first": first, "typed": typed, "refusal": refusal, "likely": _likely(request, first) if first else []}
    return render(request, "tickets/merge_choose.html", {**page_context(request, "tickets"), **context}, status=status)


def _likely(request: PersonRequest, first: Session) -> list[Session]:
    """Conversations of the same customer or ticket, the newest first."""
    same = Q(pk__in=Session.objects.filter(tickets__ticket_id__in=first.tickets.values("ticket_id")).values("pk"))
    if first.user_id:
        same |= Q(user_id=first.user_id)
    if first.customer_email:
        same |= Q(customer_email=first.customer_email)
    return list(access.sessions_for(request.user).filter(same).exclude(pk=first.pk).select_related("queue").newest_first()[:10])


def _compare(
    request: PersonRequest, first: Session, second: Session, refusal: AppError | None = None, status: int = 200
) -> HttpResponse:
    sides, newest = _sides(first, second)
    letters = {side.session.pk: side.letter for side in sides}
    preview = [(letters[message.session_id], message) for message in newest]
    context = {
        "sides": sides,
        "a": sides[0],
        "b": sides[1],
        "preview": preview,
        "refusal": refusal or _why_not(first, second),
        "apart": KeptApart.objects.pair(first.pk, second.pk).select_related("person").first(),
        "keep": request.POST.get("keep", "a"),
        "name": request.POST.get("name", "b" if first.has_stand_in and not second.has_stand_in else "a"),
    }
    return render(request, "tickets/merge.html", {**page_context(request, "tickets"), **context}, status=status)


def _why_not(first: Session, second: Session) -> AppError | None:
    """The reason why the two cannot be merged as they stand, said before a person tries."""
    try:
        merging.check(first, second)
    except AppError as refusal:
        return refusal
    return None


def _sides(first: Session, second: Session) -> tuple[list[Side], list[Message]]:
    """Both conversations with what is compared, and the end of their common timeline."""
    both = [first, second]
    links, waiting, newest = read_together(
        TicketLink.objects.filter(session__in=both).select_related("system", "record"),
        Requirement.objects.pending().filter(session__in=both).values_list("session", flat=True),
        Message.objects.filter(session__in=both).said().order_by("-pk")[:PREVIEWED],
    )
    said = capped_counts([session.messages.said() for session in both])
    sides = [
        Side(
            letter,
            session,
            sorted((link for link in links if link.session_id == session.pk), key=attrgetter("rank")),
            messages,
            waiting.count(session.pk),
        )
        for letter, session, messages in zip("AB", both, said, strict=True)
    ]
    return sides, sorted(newest, key=attrgetter("pk"))
