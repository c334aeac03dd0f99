"""The conversation after another one in a list."""

from __future__ import annotations

from sessions_app.models import Person, Session
from sessions_app.queries.filters import Filters
from sessions_app.queries.inbox_views import DECISIONS, Rail
from sessions_app.queries.narrowing import narrowed
from sessions_app.queries.session_list import page_of
from sessions_app.queries.session_order import ORDERS


def next_after(session: Session, person: Person, shown: Rail, filters: Filters) -> Session | None:
    """Return the session that follows in this list, from the end the first one; `None` where there is no other.

    Decisions have an order of their own, in which another key leads on.
    """
    where = shown.here.view.where if shown.here.view else shown.here.where
    if where == DECISIONS:
        return None
    sessions, order = narrowed(shown.sessions, filters, person), filters.order_in(where)
    place = next((str(part.cursor_of(session)) for part in ORDERS[order] if part.holds(session)), "")
    for before in dict.fromkeys((place, "")):
        for row in page_of(sessions, person, order, before=before).rows:
            if row.session.pk != session.pk:
                return row.session
    return None
