"""What people at the desk see while the database does not answer. Customers' pages and the API have answers of their own."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin

from sessions_app.errors import AWAY_FOR, DATABASE_AWAY

log = logging.getLogger("kern_inbox.web.requests")


class DatabaseAwayMiddleware(MiddlewareMixin):
    """Asks to come back in a moment (503) instead of saying that something broke (500). htmx shows a toast for either."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer what the database's absence raised; everything else is a fault and stays one."""
        return come_back(request, exception) if isinstance(exception, DATABASE_AWAY) else None


def come_back(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to a request that met the database's absence."""
    log.error("The database is away, %s could not be answered: %s", request.path_info, exception)
    # Without the request, since who is signed in stands in the database.
    page = render_to_string("503.html", {"again": request.get_full_path() if request.method == "GET" else ""})
    return HttpResponse(page, status=503, headers={"Retry-After": str(AWAY_FOR)})
