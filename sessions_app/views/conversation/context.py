"""Context of a conversation's page and its fragments."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from sessions_app import desk
from sessions_app.actions import customer_links, decisions, sessions, unsent
from sessions_app.infrastructure.one_statement import Found, Steps, beside, read_steps
from sessions_app.models import (
    Label,
    Message,
    NameRecord,
    NameSuggestion,
    Person,
    Queue,
    Requirement,
    Run,
    Session,
    TicketSystem,
)
from sessions_app.models.queue import AiMode
from sessions_app.models.triage import PRIORITIES
from sessions_app.policy.approvals import grounds_for
from sessions_app.policy.assigning import with_load
from sessions_app.queries import access
from sessions_app.queries.customer_panel import customer_panel
from sessions_app.queries.filters import Filters
from sessions_app.queries.inbox_views import WhereConverter
from sessions_app.queries.presenters.after_reply import after_reply
from sessions_app.queries.presenters.session import head_badge
from sessions_app.queries.snapshot import consistent_read
from sessions_app.queries.ticket_list import also_linked
from sessions_app.queries.ticket_suggestions import suggestions, words_of
from sessions_app.queries.usage import usage_of
from sessions_app.validation.numbers import row_number, row_numbers
from sessions_app.validation.redirects import own_page
from sessions_app.views.conversation.at_hit import AtHit, at_hit
from sessions_app.views.conversation.cards import Card, journal_of
from sessions_app.views.conversation.snoozing import snooze_context
from sessions_app.views.conversation.timeline import timeline
from sessions_app.views.respond import PersonRequest

NAMES = 20
#: Open conversations of a person are counted up to here for a menu.
MOST_SHOWN = 99


def conversation_url(session: Session, where: str = "open", query: str = "") -> str:
    """Return the address of the session's page."""
    return reverse("conversation", args=[where, session.session_id]) + query


def back_to(request: PersonRequest, session: Session) -> str:
    """Return the target of a plain form's redirect.

    Its page (a page that reports a mistake passes that on), else the session's.
    """
    back = request.POST.get("back") or request.headers.get("Referer", "")
    return own_page(request, back, conversation_url(session))


def conversation_context(request: PersonRequest, session: Session, where: str, read: int | None) -> dict[str, Any]:
    """Everything of the middle pane, for a person who has `read` the session up to that change.

    Marks the session as read, because it now is, unless the page is fetched ahead.
    """
    opened_at = at_hit(request, session)
    context = consistent_read(session, lambda: _as_it_stands(request, session, where, read, opened_at))
    context["at_hit"], context["marks"] = opened_at, Filters.of(request.GET).words.terms
    if request.headers.get("Purpose") != "prefetch" and read != session.last_change:
        sessions.mark_read(session, request.user)
    return context


def _as_it_stands(
    request: PersonRequest, session: Session, where: str, read: int | None, opened_at: AtHit | None
) -> Steps[dict[str, Any]]:
    seen = read if read is not None and read < session.last_change else None
    header, composer, shown, cards = yield from beside(
        header_steps(request, session, where),
        composer_steps(request, session),
        timeline(session, request.user, seen=seen, **_between(opened_at)),
        cards_of(request, session),
    )
    return {**header, **composer, "timeline": shown, "seen_before": seen, "cards": cards}


def _between(opened_at: AtHit | None) -> dict[str, str]:
    return {"since": opened_at.since, "before": opened_at.before} if opened_at else {}


def header_steps(request: PersonRequest, session: Session, where: str) -> Steps[dict[str, Any]]:
    """The name, the facts and the menus above the conversation, with ways back to the list as it is filtered."""
    filters = Filters.of(request.GET)
    runs, waiting, tickets, systems, wrote, dismissed, names, suggested, people, active, queues, labels = yield [
        session.runs.roots().order_by("-pk")[:1],
        session.requirements.pending().values_list("pk", flat=True),
        session.tickets.select_related("system", "record"),
        TicketSystem.objects.all(),
        words_of(session),
        session.dismissed_mentions.values_list("system", "ticket_id"),
        session.names.select_related("person")[:NAMES],
        session.name_suggestions.filter(state=NameSuggestion.State.OPEN, for_version=session.name_version),
        with_load(people_of(session), MOST_SHOWN),
        active_turn(session),
        access.queues_for(request.user),
        Label.objects.of(session),
    ]
    return {
        "session": session,
        "labels": sorted(labels, key=attrgetter("search_text")),
        "priorities": PRIORITIES.items(),
        "suggestion": next(iter(suggested), None),
        "where": where,
        "filters": filters,
        "details_link": filters.query(details=not filters.details),
        "badge": head_badge(session, runs[0].status if runs else "", len(waiting)),
        "tickets": sorted(tickets, key=attrgetter("rank")),
        "mentioned": suggestions(wrote, systems, {*dismissed, *((link.system_id, link.ticket_id) for link in tickets)}),
        "names": sorted(names, key=attrgetter("pk"), reverse=True),
        "move_to": [queue for queue in access.in_order(queues) if queue.pk != session.queue_id],
        "people": assignable(people, request.user),
        **snooze_context(),
        "modes": [(mode.value, mode.label) for mode in AiMode],
        "offer": offer_of(request),
        "agent": agent_of(session),
        "after_reply": after_reply(session, agent_of(session), *(active[0] if active else ("", ""))),
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
    """`composer_steps`, where nothing else is shown."""
    return read_steps(composer_steps(request, session))


def composer_steps(request: PersonRequest, session: Session) -> Steps[dict[str, Any]]:
    """The composer with what its reader has not sent yet, and below it an agent's draft where one is asked for."""
    kept, drafts, active = yield from beside(
        unsent.reading(session, request.user), _asks(drafts_of(request, session)), _asks(active_turn(session))
    )
    wish = request.GET.get("write", "")
    kind = kept.kind if kept.text.strip() else wish if wish in ("note", "ask") else "reply"
    body = below(kept.text, drafts[0] if drafts else "")
    agent = agent_of(session)
    after = after_reply(session, agent, *(active[0] if active else ("", "")))
    return {"session": session, "agent": agent, "unsent": kept, "body": body, "kind": kind, "after_reply": after}


def draft_of(request: PersonRequest, session: Session) -> str:
    """The words of the agent's draft that the address asks for."""
    return drafts_of(request, session).first() or ""


def drafts_of(request: PersonRequest, session: Session) -> QuerySet[Message, str]:
    """The draft that the address asks for, as a question for its words."""
    key = row_number(request.GET.get("draft", ""))
    found = Message.objects.none() if key is None else Message.objects.filter(session=session, pk=key)
    return found.filter(sent=False, author_kind=Message.Author.AGENT).values_list("content", flat=True)


def _asks(queryset: QuerySet[Any, Found]) -> Steps[list[Found]]:
    return (yield [queryset])[0]


def below(typed: str, added: str) -> str:
    """Both texts, with a line between them where there are two."""
    return f"{typed.rstrip()}\n\n{added}" if typed.strip() and added else added or typed


def cards_of(request: PersonRequest, session: Session) -> Steps[list[Card]]:
    """Return cards of pending requirements, and hidden stubs of cards on the page that were answered since. In two steps."""
    shown = row_numbers(request.GET.getlist("shown"))
    asked = session.requirements.select_related("run", "root", "decided_by")
    waiting, late, gone = yield [
        asked.pending(),
        asked.filter(root__in=newest_turn(session), status="expired", reopened_as=None),
        asked.filter(pk__in=shown).exclude(status="pending"),
    ]
    waiting, late = sorted(waiting, key=attrgetter("pk")), sorted(late, key=attrgetter("pk"))
    cards = yield from _open_cards(request, session, [*late, *waiting])
    shown_anyway = {card.requirement.pk for card in cards}
    return cards + [Card(row, seen=session.last_change) for row in gone if row.pk not in shown_anyway]


def _open_cards(request: PersonRequest, session: Session, asked: list[Requirement]) -> Steps[list[Card]]:
    modes = {request.GET.get(mode, ""): mode for mode in ("edit", "reject", "respond")}
    # What the customer wrote last, where that makes people look again.
    must_look = any(row.look_again for row in asked)
    wrote = session.messages.filter(author_kind=Message.Author.CUSTOMER).order_by("-pk")[:1]
    grounds, calls, news = yield from beside(
        grounds_for(asked, request.user),
        _asks(journal_of(row for row in asked if row.reason == "uncertain")),
        _asks(wrote if must_look else Message.objects.none()),
    )
    begun = {(call.run_id, call.call_id): call for call in calls}
    cards = []
    for row in asked:
        mode = modes.get(str(row.pk), "")
        card = Card(row, seen=session.last_change, mode=mode, news=news[0] if news else None, reader=request.user)
        card.grounds, card.journal = grounds, begun.get((row.run_id, row.call_id))
        cards.append(card)
    return cards


def newest_turn(session: Session) -> QuerySet[Run, Any]:
    """The session's newest turn that was not begun to ask again what had expired in one before."""
    reopened = Requirement.objects.filter(session=session).exclude(reopened_from=None)
    return session.runs.roots().exclude(pk__in=reopened.values("root")).order_by("-pk").values("pk")[:1]


def active_turn(session: Session) -> QuerySet[Run, Any]:
    """Return a queryset of status and purpose of the session's active turn, if there is one."""
    return session.runs.roots().active().values_list("status", "purpose")[:1]


def assignable(people: list[Person], reader: Person) -> list[Person]:
    """Return possible assignees with their `load`, the reader first: to read a conversation is to be allowed to take it."""
    me = next((person for person in people if person.pk == reader.pk), reader)
    others = [person for person in people if person.pk != reader.pk]
    return [me, *sorted(others, key=lambda person: (person.display_name.casefold(), person.email))]


def people_of(session: Session) -> QuerySet[Person]:
    """Return the possible assignees of the session: the queue's members."""
    return session.queue.members.filter(is_active=True) if session.queue else Person.objects.none()


def agent_of(session: Session) -> str:
    """The name of the agent that works the session."""
    wanted = session.working_agent_id
    return next((worker.name for worker in desk.current().workers if worker.id == wanted), wanted)


def details_steps(request: PersonRequest, session: Session, queues: list[Queue]) -> Steps[dict[str, Any]]:
    """The drawer: customer, people, names, usage. `queues` are those that the reader works."""
    facts = [
        session.names.select_related("person")[:NAMES],
        session.tickets.select_related("system", "record"),
        session.runs.exclude(parent=None).order_by().values_list("agent_name", flat=True).distinct(),
        Person.objects.filter(pk__in=session.messages.order_by().values("person")).exclude(pk=session.assignee_id or 0),
        session.merges.undoable().select_related("merged"),
        also_linked(session, request.user),
        Label.objects.of(session),
        with_load(people_of(session), MOST_SHOWN),
    ]
    (names, tickets, members, wrote, merges, elsewhere, labels, people), usage, panel = yield from beside(
        _several(facts), usage_of(session), customer_panel(session, request.user, queues)
    )
    return {
        "session": session,
        "agent": agent_of(session),
        "names": sorted(names, key=attrgetter("pk"), reverse=True),
        "tickets": sorted(tickets, key=attrgetter("rank")),
        "queues": [queue for queue in queues if queue.pk != session.queue_id],
        "panel": panel,
        "members": sorted({name for name in members if name}),
        "wrote": sorted(wrote, key=attrgetter("pk")),
        "usage": usage,
        "merges": sorted(merges, key=attrgetter("pk"), reverse=True),
        "elsewhere": elsewhere,
        "labels": sorted(labels, key=attrgetter("search_text")),
        "people": assignable(people, request.user),
        "link": customer_links.link_of(session),
    }


def _several(querysets: list[QuerySet[Any, Any]]) -> Steps[list[list[Any]]]:
    return (yield querysets)


def record_or_none(session: Session, key: str) -> NameRecord | None:
    """One of the session's earlier names."""
    return session.names.filter(pk=row_number(key) or 0).first()
