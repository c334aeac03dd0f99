"""Context of a conversation's page and its fragments."""

from __future__ import annotations

import re
from typing import Any

from django.urls import reverse

from sessions_app import desk
from sessions_app.actions import customer_links, decisions, sessions, unsent
from sessions_app.models import Message, NameRecord, Person, Requirement, Run, Session, SessionRead
from sessions_app.models.queue import AiMode
from sessions_app.models.requirement import RequirementSet
from sessions_app.queries import access
from sessions_app.queries.filters import Filters
from sessions_app.queries.inbox_views import WhereConverter
from sessions_app.queries.presenters.session import head_badge
from sessions_app.queries.snapshot import consistent_read
from sessions_app.queries.usage import usage_of
from sessions_app.validation.numbers import row_number, row_numbers
from sessions_app.validation.redirects import own_page
from sessions_app.views.conversation.cards import Card
from sessions_app.views.conversation.snoozing import snooze_context
from sessions_app.views.conversation.timeline import timeline
from sessions_app.views.respond import PersonRequest

NAMES = 20


def conversation_url(session: Session, where: str = "open", query: str = "") -> str:
    """Return the address of the session's page."""
    return reverse("conversation", args=[where, session.session_id]) + query


def back_to(request: PersonRequest, session: Session) -> str:
    """Return the target of a plain form's redirect.

    Its page (a page that reports a mistake passes that on), else the session's.
    """
    back = request.POST.get("back") or request.headers.get("Referer", "")
    return own_page(request, back, conversation_url(session))


def conversation_context(request: PersonRequest, session: Session, where: str) -> dict[str, Any]:
    """Everything of the middle pane. Marks the session as read, because it now is, unless the page is fetched ahead."""
    context = consistent_read(session, lambda: _as_it_stands(request, session, where))
    if request.headers.get("Purpose") != "prefetch" and context["read"] != session.last_change:
        sessions.mark_read(session, request.user)
    return context


def _as_it_stands(request: PersonRequest, session: Session, where: str) -> dict[str, Any]:
    read = SessionRead.objects.filter(session=session, person=request.user).values_list("last_change", flat=True).first()
    seen = read if read is not None and read < session.last_change else None
    return {
        **header_context(request, session, where),
        **composer_context(request, session),
        "timeline": timeline(session, request.user, seen=seen),
        "seen_before": seen,
        "read": read,
        "cards": cards_of(request, session),
    }


def header_context(request: PersonRequest, session: Session, where: str) -> dict[str, Any]:
    """The name, the facts and the menus above the conversation, with ways back to the list as it is filtered."""
    filters = Filters.of(request.GET)
    run = session.runs.roots().order_by("-pk").first()
    return {
        "session": session,
        "where": where,
        "filters": filters,
        "details_link": filters.query(details=not filters.details),
        "badge": head_badge(session, run.status if run else "", session.requirements.pending().count()),
        "tickets": list(session.tickets.select_related("system")),
        "names": list(session.names.select_related("person")[:NAMES]),
        "people": people_of(session),
        **snooze_context(),
        "modes": [(mode.value, mode.label) for mode in AiMode],
        "offer": offer_of(request),
        "agent": agent_of(session),
    }


def offer_of(request: PersonRequest) -> Any:
    """The rule that a plain form's answer offers, as the address says; for htmx it comes with the answer itself."""
    key = row_number(request.GET.get("offer", ""))
    return None if key is None else decisions.offer_for(access.requirement_or_404(request.user, key))


def where_of(request: PersonRequest) -> str:
    """The view of the inbox that a fragment belongs to, as its address says."""
    where = request.GET.get("where", "")
    return where if re.fullmatch(WhereConverter.regex, where) else "open"


def composer_context(request: PersonRequest, session: Session) -> dict[str, Any]:
    """The composer with what its reader has not sent yet, and below it an agent's draft where one is asked for."""
    kept = unsent.of(session, request.user)
    wish = request.GET.get("write", "")
    kind = kept.kind if kept.text.strip() else wish if wish in ("note", "ask") else "reply"
    body = below(kept.text, draft_of(request, session))
    return {"session": session, "agent": agent_of(session), "unsent": kept, "body": body, "kind": kind}


def draft_of(request: PersonRequest, session: Session) -> str:
    """The words of the agent's draft that the address asks for."""
    key = row_number(request.GET.get("draft", ""))
    if key is None:
        return ""
    drafts = Message.objects.filter(session=session, pk=key, sent=False, author_kind=Message.Author.AGENT)
    return drafts.values_list("content", flat=True).first() or ""


def below(typed: str, added: str) -> str:
    """Both texts, with a line between them where there are two."""
    return f"{typed.rstrip()}\n\n{added}" if typed.strip() and added else added or typed


def cards_of(request: PersonRequest, session: Session) -> list[Card]:
    """Return cards of pending requirements, and hidden stubs of cards on the page that were answered since."""
    shown = row_numbers(request.GET.getlist("shown"))
    waiting = list(_with_runs(Requirement.objects.pending()).filter(session=session).order_by("pk"))
    gone = _with_runs(Requirement.objects.filter(session=session, pk__in=shown)).exclude(status="pending") if shown else []
    modes = {request.GET.get(mode, ""): mode for mode in ("edit", "reject", "respond")}
    news = _customer_since(session, waiting)
    expired = Requirement.objects.filter(session=session, root=newest_turn(session), status="expired", reopened_as=None)
    late = list(_with_runs(expired).order_by("pk"))
    cards = [
        Card(row, seen=session.last_change, mode=modes.get(str(row.pk), ""), news=news, reader=request.user)
        for row in [*late, *waiting]
    ]
    shown_anyway = {card.requirement.pk for card in cards}
    return cards + [Card(row, seen=session.last_change) for row in gone if row.pk not in shown_anyway]


def newest_turn(session: Session) -> int | None:
    """The key of the session's newest turn that was not begun to ask again what had expired in one before."""
    reopened = Requirement.objects.filter(session=session).exclude(reopened_from=None)
    turns = session.runs.roots().exclude(pk__in=reopened.values("root"))
    return turns.order_by("-pk").values_list("pk", flat=True).first()


def _with_runs(requirements: RequirementSet) -> RequirementSet:
    return requirements.select_related("session", "run", "root", "decided_by")


def _customer_since(session: Session, waiting: list[Requirement]) -> Message | None:
    """Return the customer's last message, where a requirement is marked to look again."""
    if not any(requirement.look_again for requirement in waiting):
        return None
    return session.messages.filter(author_kind=Message.Author.CUSTOMER).order_by("-pk").first()


def people_of(session: Session) -> list[Person]:
    """Return the possible assignees of the session: the queue's members."""
    return list(session.queue.members.filter(is_active=True).order_by("display_name", "email")) if session.queue else []


def agent_of(session: Session) -> str:
    """The name of the agent that works the session."""
    wanted = session.working_agent_id
    return next((worker.name for worker in desk.current().workers if worker.id == wanted), wanted)


def details_context(request: PersonRequest, session: Session) -> dict[str, Any]:
    """The drawer: customer, people, names, usage."""
    others = Session.objects.visible_to(request.user).filter(user_id=session.user_id).exclude(pk=session.pk)
    runs = Run.objects.filter(session=session)
    wrote = Person.objects.filter(message__session=session).distinct()
    return {
        "session": session,
        "agent": agent_of(session),
        "names": list(session.names.select_related("person")[:NAMES]),
        "tickets": list(session.tickets.select_related("system")),
        "queues": list(access.queues_for(request.user).exclude(pk=session.queue_id or 0)),
        "before": others[:100].count() if session.user_id else 0,
        "members": sorted({name for name in runs.exclude(parent=None).values_list("agent_name", flat=True) if name}),
        "wrote": list(wrote.exclude(pk=session.assignee_id or 0)),
        "usage": usage_of(session),
        "link": customer_links.link_of(session),
    }


def record_or_none(session: Session, key: str) -> NameRecord | None:
    """One of the session's earlier names."""
    return session.names.filter(pk=row_number(key) or 0).first()
