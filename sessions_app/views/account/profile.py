"""A person's own preferences."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sessions_app.actions import availability
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock, time_zones
from sessions_app.models import Person
from sessions_app.validation.redirects import own_path
from sessions_app.views.account import security
from sessions_app.views.account.name_form import NameForm
from sessions_app.views.forms import PreferencesForm
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def profile(request: PersonRequest) -> HttpResponse:
    """Time zone, theme, shortcuts, presence or the way onwards; the whole page depends on them, so it is loaded again."""
    if request.method != "POST":
        return _page(request, NameForm(request.user))
    if "display_name" in request.POST:
        return _rename(request)
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        errors = form.errors.get("time_zone")
        raise InvalidAction(str(errors[0]) if errors else _("This page is out of date: load it again."))
    _keep(request.user, form.cleaned_data)
    return HttpResponse(status=303, headers={"Location": own_path(request, request.headers.get("Referer"))})


def _page(request: PersonRequest, name: NameForm, status: int = 200) -> HttpResponse:
    context = {"name_form": name, "ways_onwards": Person.Onwards.choices, "security": security.lines(request)}
    context |= {**page_context(request, "profile"), **_zone_context(request.user)}
    return render(request, "account/profile.html", context, status=status)


def _rename(request: PersonRequest) -> HttpResponse:
    """Store the person's name; with a mistake the page comes back with what was typed."""
    form = NameForm(Person.objects.get(pk=request.user.pk), request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    form.save()
    return HttpResponse(status=303, headers={"Location": reverse("profile")})


def _keep(person: Person, sent: dict[str, str]) -> None:
    person.take_zone(sent["browser_zone"])
    person.time_zone = sent["time_zone"] or person.time_zone
    person.theme = sent["theme"] or person.theme
    person.single_keys = sent["single_keys"] == "on" if sent["single_keys"] else person.single_keys
    person.onwards = sent["onwards"] or person.onwards
    person.save(update_fields=["time_zone", "theme", "single_keys", "onwards"])
    if sent["presence"]:
        availability.put(person, available=sent["presence"] != "away")


def _zone_context(person: Person) -> dict[str, object]:
    current = person.time_zone or settings.TIME_ZONE
    offered = {name for _region, places in time_zones.choices() for name, _place in places}
    return {
        "regions": time_zones.choices(),
        "current_zone": current,
        # An abbreviation or an older name that an admin or a browser gave is no choice, and kept.
        "other_zone": "" if current in offered else current,
        "here_now": clock.now(),
        "offset": time_zones.offset(),
    }
