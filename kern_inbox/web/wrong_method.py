"""HTTP methods: refuse unknown ones, and show a page to people who open an address that only takes POST."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from sessions_app.errors import InvalidAction

#: Methods that browsers send. Views of packages would take any other method for one of these. The API knows more.
OF_PAGES = ("GET", "HEAD", "POST")
API = "/api/"


class WrongMethodMiddleware(MiddlewareMixin):
    """Refuses methods that no page knows, and shows browsers a page with a way back for a bare 405.

    People get there after they had to sign in again in between. Programs get what they got.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Refuse unknown methods before any view sees them."""
        is_known = request.method in OF_PAGES or request.path_info.startswith(API)
        return None if is_known else HttpResponseNotAllowed(OF_PAGES)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Return the page, with the status and headers of the refusal; other responses pass."""
        if response.status_code != 405 or response.content or not _is_opened(request):
            return response
        refusal = InvalidAction(_("This address has no page: it only takes what is sent from one. Nothing was changed."))
        page = render(request, "problem.html", {"problem": refusal, "back": "/"}, status=405)
        page["Allow"] = response["Allow"]
        return page


def _is_opened(request: HttpRequest) -> bool:
    """Return whether a person's browser opens a page, as opposed to htmx or a program."""
    wants_page = "text/html" in request.headers.get("Accept", "") and "HX-Request" not in request.headers
    return request.method == "GET" and wants_page
