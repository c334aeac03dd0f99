"""Enforce the lifetime of sign-ins and the requirement of a second factor, and give the reason when a sign-in ended."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from kern_inbox.web.database_away import database_unavailable
from sessions_app.accounts import second_factor, sign_ins
from sessions_app.errors import DATABASE_AWAY

#: Tells the open page why it is refused: `idle`, `lifetime`, `ended` or `second-factor`.
HEADER = "Kern-Sign-In"
#: Fetched by open pages by themselves, so no sign of a person's activity.
BY_ITSELF = frozenset({"live", "session-list", "session-timeline", "session-header", "session-decisions", "session-details"})
#: Pages that are allowed before a required second factor is set up.
BEFORE_SECOND_FACTOR = frozenset(
    {
        "second-factor",
        "account_login",
        "account_logout",
        "account_reauthenticate",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "health-live",
        "health-ready",
        "metrics",
    }
)


class SignInMiddleware(MiddlewareMixin):
    """Ends expired sign-ins, and holds people back who must set up a second factor first."""

    def process_request(self, request: HttpRequest) -> None:
        """Sign out people whose sign-in has expired."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        try:
            self._end_what_is_over(request)
        except DATABASE_AWAY as error:
            request.META["kern.away"] = error

    def _end_what_is_over(self, request: HttpRequest) -> None:
        if not request.user.is_authenticated:
            if request.session.is_empty():
                request.META["kern.ended"] = request.COOKIES[settings.SESSION_COOKIE_NAME]
        elif sign_ins.BEGAN not in request.session:
            sign_ins.begin(request, request.user)
        elif sign_ins.is_too_old(request.session):
            request.session.flush()
            request.user = AnonymousUser()
            request.META["kern.why"] = "lifetime"

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponseBase | None:
        """Redirect to the set-up of the second factor, or record activity.

        The signed-in person is read from the database: while it is away only public pages are served.
        """
        if error := request.META.get("kern.away"):
            return None if _is_open(request) else database_unavailable(request, error)
        try:
            return self._led_to_second_factor(request)
        except DATABASE_AWAY as error:
            return database_unavailable(request, error)

    def _led_to_second_factor(self, request: HttpRequest) -> HttpResponseBase | None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return None
        if second_factor.must_set_up(request.user) and not _is_open(request):
            return _second_factor_first(request)
        if not _is_by_itself(request):
            sign_ins.seen(request)
        return None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Give the reason for a sign-in where one is demanded; clear the browser's storage after signing out."""
        if _route(request) == "account_logout" and request.method == "POST" and response.status_code == 302:
            # Not "cookies": that would sign people out of everything else at this domain. Ours is deleted by name.
            response.headers["Clear-Site-Data"] = '"storage"'
        door = resolve_url(settings.LOGIN_URL)
        is_sent_there = response.headers.get("Location", "").startswith(door)
        if (response.status_code == 401 or is_sent_there) and (why := _why(request)):
            response.headers[HEADER] = why
            if is_sent_there:
                response.headers["Location"] = _with(response.headers["Location"], ended=why)
        return response


def note_sign_in(request: HttpRequest | None, user: Any, **_: Any) -> None:
    """Start the lifetime of a sign-in, at every way to sign in."""
    if request is not None:
        sign_ins.begin(request, user)


def change_key(request: HttpRequest, reauthenticated: bool = False, **_: Any) -> None:
    """Rotate the session key after re-authentication; the old key becomes invalid."""
    if reauthenticated and request.user.is_authenticated:
        request.session.cycle_key()


def _why(request: HttpRequest) -> str:
    if key := request.META.get("kern.ended"):
        return sign_ins.why_ended(key)
    return str(request.META.get("kern.why", ""))


def _route(request: HttpRequest) -> str:
    return str(request.resolver_match.url_name) if request.resolver_match else ""


def _is_by_itself(request: HttpRequest) -> bool:
    return request.method == "GET" and _route(request) in BY_ITSELF


def _is_open(request: HttpRequest) -> bool:
    """Return whether the address is public, has credentials of its own, or belongs to setting up a second factor."""
    name = _route(request)
    has_own_key = bool(request.resolver_match and request.resolver_match.app_names and "Authorization" in request.headers)
    return name in BEFORE_SECOND_FACTOR or name.startswith("customer") or has_own_key


def _second_factor_first(request: HttpRequest) -> HttpResponseBase:
    door = reverse("second-factor")
    if getattr(request, "htmx", False) or _route(request) == "live":
        return HttpResponse(status=401, headers={HEADER: "second-factor"})
    if request.method != "GET":
        return redirect(door)
    return redirect(_with(door, next=request.get_full_path()))


def _with(address: str, **query: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"
