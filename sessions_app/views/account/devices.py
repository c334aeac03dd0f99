"""The devices a person is signed in on, and the set-up of a required second factor."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from kern.validation.text import without_hidden
from sessions_app.accounts import second_factor, sign_ins
from sessions_app.infrastructure import browsers
from sessions_app.validation.numbers import row_number
from sessions_app.validation.redirects import is_own_page
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def devices(request: PersonRequest) -> HttpResponse:
    """GET lists the person's sign-ins; POST ends one (`end` is its number) or all others (`end` is `others`)."""
    if request.method == "POST":
        return _end(request, request.POST.get("end", ""))
    shown = [_shown(row, request.session.session_key) for row in sign_ins.of(request.user)]
    context = {"devices": shown, "others": len(shown) - 1, "idle": settings.SIGN_IN_IDLE, "lifetime": settings.SIGN_IN_LIFETIME}
    return render(request, "account/devices.html", {**page_context(request, "profile"), **context})


def _end(request: PersonRequest, which: str) -> HttpResponse:
    own = UserSession.objects.filter(user=request.user)
    if which == "others":
        ended = sign_ins.end_all(request.user, but=request.session.session_key, request=request)
        told = ngettext("%(count)d other device is signed out.", "%(count)d other devices are signed out.", ended)
        messages.success(request, told % {"count": ended})
        return redirect("devices")
    row = get_object_or_404(own, pk=row_number(which) or 0)
    if row.session_key == request.session.session_key:
        logout(request)
        return redirect(settings.LOGIN_URL)
    sign_ins.end([row], request=request)
    messages.success(request, _("That device is signed out."))
    return redirect("devices")


def _shown(row: UserSession, current: str | None) -> dict[str, object]:
    return {
        "pk": row.pk,
        "browser": without_hidden(browsers.called(row.user_agent)),
        "agent": without_hidden(row.user_agent),
        "place": "" if row.ip == sign_ins.NOWHERE else row.ip,
        "began": row.created_at,
        "seen": row.last_seen_at,
        "is_this": row.session_key == current,
    }


@for_people
def set_up_second_factor(request: PersonRequest) -> HttpResponse:
    """Page for people who must set up a second factor first; once they have one, redirect back."""
    back = request.GET.get("next", "")
    safe = is_own_page(request, back)
    if not second_factor.must_set_up(request.user):
        return HttpResponseRedirect(back if safe else "/")
    if safe:
        # Setting up leads over several pages; the last one links there.
        request.session["second_factor_next"] = back
    return render(request, "account/second_factor_required.html")
