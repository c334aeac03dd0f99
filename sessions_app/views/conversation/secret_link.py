"""A conversation's secret link, as its team sees it: made anew and shown once, or revoked."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from sessions_app.actions import customer_links
from sessions_app.errors import InvalidAction
from sessions_app.queries import access
from sessions_app.views.conversation.context import back_to
from sessions_app.views.respond import CHANGED, PersonRequest, done, for_people


@require_POST
@never_cache
@for_people
def session_link(request: PersonRequest, session_id: str) -> HttpResponse:
    """Make a new link, which this answer alone shows, or revoke the one there is."""
    session = access.session_or_404(request.user, session_id)
    wanted, back = request.POST.get("do", ""), back_to(request, session)
    if wanted == "revoke":
        customer_links.revoke(session, request.user)
        return done(request, back)
    if wanted != "make":
        raise InvalidAction(_("This page is out of date: load it again."))
    secret = customer_links.make(session, request.user)
    address = request.build_absolute_uri(reverse("customer-conversation", args=[secret]))
    if not request.htmx:
        return render(request, "conversation/link.html", {"address": address, "back": back})
    response = render(request, "conversation/_link_made.html", {"address": address})
    # Beside the drawer, which fetches itself anew when something happened.
    response["HX-Retarget"], response["HX-Reswap"], response["HX-Trigger"] = "#toasts", "beforeend", CHANGED
    return response
