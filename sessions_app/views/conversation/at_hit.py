"""Open a conversation at what a search found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Min

from sessions_app.models import Message, Run, Session
from sessions_app.queries.filters import Filters
from sessions_app.queries.hits import Found, found_in
from sessions_app.validation.numbers import row_number
from sessions_app.views.conversation.timeline import BEYOND, STANDALONE, Cursor
from sessions_app.views.respond import PersonRequest

#: Messages before and after a hit that are shown with it.
AROUND = 20
#: A hit with more messages after it is shown without the newest end.
NEAR = 200


@dataclass(frozen=True)
class AtHit:
    """The hits of a conversation, and the boundaries between which its timeline is shown."""

    found: Found
    #: Link to another hit, or without the search, by query.
    before_link: str
    after_link: str
    close_link: str
    #: Calls whose arguments or result are the current hit.
    calls: list[str] = field(default_factory=list)
    #: Whether the call is where the hit is, and not words beside it.
    is_call: bool = False
    #: `Cursor`s of the timeline; empty for its ends.
    since: str = ""
    before: str = ""


def at_hit(request: PersonRequest, session: Session) -> AtHit | None:
    """Return where the conversation opens for the search of the address; `None` without one, or without a hit."""
    filters = Filters.of(request.GET)
    found = found_in(session, filters.words.terms, row_number(request.GET.get("hit", "")))
    row = session.messages.filter(pk=found.current).first() if found else None
    if found is None or row is None:
        return None
    newer = list(session.messages.filter(pk__gt=row.pk).order_by("pk").values_list("created_at", flat=True)[: NEAR + 1])
    older = session.messages.filter(pk__lte=row.pk).order_by("-pk").values_list("created_at", flat=True)
    begin = older[AROUND : AROUND + 1].first() if len(newer) <= NEAR else None
    return AtHit(
        found,
        _link(filters, found.before),
        _link(filters, found.after),
        filters.query(q=""),
        _calls_of(row),
        row.role == "tool" or not row.content.strip(),
        str(_boundary(session, begin)) if len(newer) <= NEAR else "",
        str(_boundary(session, newer[AROUND])) if len(newer) > NEAR else "",
    )


def _link(filters: Filters, message: int) -> str:
    return f"?{filters.leading}hit={message}#message_{message}"


def _calls_of(row: Message) -> list[str]:
    if row.role == "tool":
        return [row.tool_call_id]
    return [str(call.get("id")) for call in row.tool_calls]


def _boundary(session: Session, moment: datetime | None) -> Cursor:
    """Return the boundary below everything from that moment on."""
    if moment is None:
        return Cursor(0, 0, 0)
    said = session.messages.filter(created_at__gte=moment, author_kind__in=STANDALONE)
    runs = Run.objects.roots().filter(session=session, updated_at__gte=moment)
    changes = session.changes.filter(created_at__gte=moment)
    lowest = [rows.aggregate(lowest=Min("pk"))["lowest"] for rows in (said, runs, changes)]
    return Cursor(*(BEYOND if key is None else key for key in lowest))


__all__ = ["AtHit", "at_hit"]
