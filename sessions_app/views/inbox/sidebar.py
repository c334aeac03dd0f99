"""The sidebar of pages that show no list of conversations."""

from __future__ import annotations

from typing import Any

from sessions_app import desk
from sessions_app.queries.filters import Filters
from sessions_app.queries.inbox_views import rail
from sessions_app.queries.places import Places
from sessions_app.views.respond import PersonRequest


def page_context(request: PersonRequest, where: str, places: Places | None = None) -> dict[str, Any]:
    """The context of a page beside the sidebar; `where` is the place in the sidebar that is marked.

    `places` are the reader's, where they are read already.
    """
    shown = rail(request.user, "search", places)
    return {
        "rail": shown,
        "where": where,
        "filters": Filters(),
        "newest": shown.newest,
        "offline": desk.is_offline(),
    }
