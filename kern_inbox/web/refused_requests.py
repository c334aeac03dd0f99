"""Responses to requests that were refused before their bodies were read (`request_limits`).

For programs, customers, the desk.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from kern_inbox.web.request_limits import REFUSAL, Refusal
from sessions_app import desk
from sessions_app.api.errors import answer
from sessions_app.validation.text import LONGEST_TEXT

CODES = {408: "too_slow", 413: "too_large", 414: "too_large", 415: "unsupported", 431: "too_large"}
REASONS = {
    408: gettext_lazy("What was sent came too slowly, and was not waited for any longer."),
    413: gettext_lazy("What was sent is too large: at most %(most)s are read here."),
    414: gettext_lazy("The address is too long: at most %(most)s."),
    415: gettext_lazy("What was sent is compressed. Send it as it is, without Content-Encoding."),
    431: gettext_lazy("The request's headers are too large: at most %(most)s. Clearing this site's cookies may help."),
}


class RefusedRequestsMiddleware(MiddlewareMixin):
    """Answers requests that the limits in front of Django refused.

    Their bodies were not read, so no input can be given back.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Answer a refused request; let every other one through."""
        refusal: Refusal | None = getattr(request, "scope", {}).get(REFUSAL)
        if refusal is None:
            return None
        with suppress(Resolver404):
            # The log line and the measurement need the address.
            request.resolver_match = resolve(request.path_info)
        if request.path_info.startswith("/api/"):
            with override("en"):
                return answer(refusal.status, CODES[refusal.status], f"{reason_of(refusal)} Nothing was stored.")
        if request.headers.get("HX-Request") == "true":
            return _toast(refusal)
        return HttpResponse(_page(request, refusal), status=refusal.status)


def reason_of(refusal: Refusal) -> str:
    """Return the reason of the refusal, with the limit."""
    return str(REASONS[refusal.status]) % {"most": filesizeformat(refusal.most).replace("\xa0", " ")}


def _toast(refusal: Refusal) -> HttpResponse:
    """Return the reason for an open page as a toast: the typed text stays where it is."""
    context = {"title": reason_of(refusal), "text": _("Nothing was changed. What you wrote is still there.")}
    response = HttpResponse(render_to_string("_toast.html", context), status=refusal.status)
    response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "beforeend"
    return response


def _page(request: HttpRequest, refusal: Refusal) -> str:
    if request.path_info.startswith(("/help/", "/c/")) and refusal.status == 413:
        return render_to_string("customer/too_large.html", {"company": desk.current().name, "most": LONGEST_TEXT})
    context: dict[str, Any] = {"reason": reason_of(refusal), "title": _("This could not be read")}
    return render_to_string("refused.html", context)
