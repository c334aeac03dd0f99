"""Responses of every page: a fragment for htmx, a redirect for a plain form, a whole page where a plain form went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url
from django_htmx.middleware import HtmxDetails

from sessions_app.errors import AppError
from sessions_app.infrastructure.time_zones import read_by
from sessions_app.models import Person
from sessions_app.validation.redirects import own_path

P = ParamSpec("P")

#: Fields of forms in which people write.
TYPED = ("body", "note", "text", "result", "name")
#: Events that make the open page fetch its fragments anew, as the live stream does.
CHANGED = "session-changed,list-changed"


class PersonRequest(HttpRequest):
    """A request of a signed-in person."""

    user: Person
    htmx: HtmxDetails


def for_people(
    view: Callable[Concatenate[PersonRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let only signed-in people in, write times as their clocks show them, and turn a refusal of a verb into its answer."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _sign_in(request)
        try:
            with read_by(cast(PersonRequest, request).user):
                return view(cast(PersonRequest, request), *args, **kwargs)
        except AppError as refusal:
            return problem(cast(PersonRequest, request), refusal)

    return cast(Callable[Concatenate[HttpRequest, P], HttpResponseBase], guarded)


def respond(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    location: str = "/",
) -> HttpResponse:
    """Answer a POST.

    htmx gets the fragment, and after a success the events that refresh the rest of the page. A plain form gets a redirect to
    `location` after a success (303), else a whole page with the fragment in it, so that nothing typed is lost.
    """
    went_well = status < 400
    if getattr(request, "htmx", False):
        response = render(request, template, dict(context), status=status) if template else HttpResponse(status=204)
        if went_well:
            response["HX-Trigger"] = CHANGED
        return response
    if went_well:
        return HttpResponse(status=303, headers={"Location": location})
    return render(request, "problem.html", {**context, "fragment": template, "back": location}, status=status)


def done(request: HttpRequest, location: str) -> HttpResponse:
    """Answer a POST whose only effect is elsewhere on the page."""
    return respond(request, "", {}, location=location)


def problem(request: HttpRequest, refusal: AppError, location: str = "") -> HttpResponse:
    """Say why something did not happen: a toast for htmx, a page for a plain form."""
    context = {"problem": refusal, "back": location or own_path(request, request.headers.get("Referer"))}
    if not getattr(request, "htmx", False):
        return render(request, "problem.html", context, status=refusal.status)
    response = render(request, "_toast.html", context, status=refusal.status)
    response["HX-Retarget"] = "#toasts"
    response["HX-Reswap"] = "beforeend"
    return response


def _sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to sign-in, and return afterwards."""
    if getattr(request, "htmx", False):
        # The sign-in ended while the page was open: it stays as it is, with what is written in it, and says so (live.js).
        return HttpResponse(status=401)
    if request.method != "POST":
        return redirect_to_login(request.get_full_path())
    # A redirect would lose what was typed into the form.
    typed = [request.POST[name] for name in TYPED if request.POST.get(name, "").strip()]
    door = _door(own_path(request, request.headers.get("Referer")))
    return render(request, "signed_out.html", {"typed": typed, "door": door}, status=401)


def _door(back: str) -> str:
    return f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back})}"
