"""The desk's answer while the database is unreachable. Customers' pages and the API have answers of their own."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin

from sessions_app.errors import AWAY_FOR, DATABASE_AWAY

log = logging.getLogger("kern_inbox.web.requests")


class DatabaseAwayMiddleware(MiddlewareMixin):
    """Answers 503 with "try again in a moment" instead of 500. htmx shows a toast for either."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer exceptions of an unreachable database; all others pass."""
        return database_unavailable(request, exception) if isinstance(exception, DATABASE_AWAY) else None


def database_unavailable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the response to a request that found the database unreachable."""
    log.error("The database is away, %s could not be answered: %s", request.path_info, exception)
    # Without the request, since who is signed in stands in the database.
    page = render_to_string("503.html", {"again": request.get_full_path() if request.method == "GET" else ""})
    return HttpResponse(page, status=503, headers={"Retry-After": str(AWAY_FOR)})
