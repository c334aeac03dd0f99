"""What a person sets for themselves."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sessions_app.forms import PreferencesForm
from sessions_app.problems import Refused
from sessions_app.respond import PersonRequest, for_people


@require_POST
@for_people
def profile(request: PersonRequest) -> HttpResponse:
    """Theme, shortcuts or presence; the whole page depends on them, so it is loaded again."""
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        raise Refused(_("This page is out of date: load it again."))
    person, sent = request.user, form.cleaned_data
    person.theme = sent["theme"] or person.theme
    person.single_keys = sent["single_keys"] == "on" if sent["single_keys"] else person.single_keys
    person.is_away = sent["presence"] == "away" if sent["presence"] else person.is_away
    person.save(update_fields=["theme", "single_keys", "is_away"])
    back = request.headers.get("Referer", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return HttpResponse(status=303, headers={"Location": back if safe else "/"})
