"""Require re-authentication before sensitive actions: a session's cookie alone is not enough.

    @reauthenticated            # a view that changes something: asks on what is sent, opening the page stays free
    @reauthenticated(opening=True)      # a page with secrets, or with fields for one: asks already when it is opened

What was typed is kept meanwhile and goes on by itself after the answer, but for passwords, which no session may hold.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, overload

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core.exceptions import ReauthenticationRequired
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
READING = ("GET", "HEAD", "OPTIONS")


def require_recent_authentication(request: HttpRequest) -> None:
    """Raise unless the person gave their password or a second factor within ACCOUNT_REAUTHENTICATION_TIMEOUT.

    The middleware of allauth turns `ReauthenticationRequired` into the page that asks, which leads back afterwards.
    """
    if not request.user.is_authenticated:
        raise ReauthenticationRequired
    if not get_adapter().get_reauthentication_methods(request.user):
        raise PermissionDenied(_("Your account has neither a password nor a second factor. Ask an admin to set a password."))
    if not did_recently_reauthenticate(request):
        if request.method == "POST":
            _prepare_to_wait(request)
        raise ReauthenticationRequired


@overload
def reauthenticated(view: View, /) -> View: ...
@overload
def reauthenticated(*, opening: bool = False) -> Callable[[View], View]: ...
def reauthenticated(view: Any = None, /, *, opening: bool = False) -> Any:
    """Make a view require re-authentication; with `opening` also for GET.

    For functions of a request and for methods whose second argument is one.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def asking(*args: Any, **kwargs: Any) -> HttpResponseBase:
            request = next(arg for arg in args if isinstance(arg, HttpRequest))
            if opening or request.method not in READING:
                require_recent_authentication(request)
            return view(*args, **kwargs)

        return asking  # type: ignore[return-value]

    return decorate(view) if view is not None else decorate


def _prepare_to_wait(request: HttpRequest) -> None:
    """Remove the passwords from the stored request, which goes on after the re-authentication."""
    kept = request.POST.copy()
    for name in [name for name in kept if "password" in name]:
        del kept[name]
    request.POST = kept  # type: ignore[assignment]  # Django's stubs want it immutable
    # allauth goes on only where it comes back to the bare path; the query is kept as `GET`, which has to be read before.
    if request.GET:
        request.META = {**request.META, "QUERY_STRING": ""}
