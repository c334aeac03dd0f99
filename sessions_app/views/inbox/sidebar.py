"""The sidebar of pages that show no list of conversations."""

from __future__ import annotations

from typing import Any

from sessions_app import desk
from sessions_app.models import Queue
from sessions_app.queries.filters import Filters
from sessions_app.queries.inbox_views import rail
from sessions_app.views.respond import PersonRequest


def page_context(request: PersonRequest, where: str, queues: list[Queue] | None = None) -> dict[str, Any]:
    """The context of a page beside the sidebar; `where` is the place in the sidebar that is marked.

    `queues` are those that the reader works, where they are read already.
    """
    shown = rail(request.user, "search", queues)
    return {
        "rail": shown,
        "where": where,
        "filters": Filters(),
        "newest": shown.newest,
        "offline": desk.is_offline(),
    }
