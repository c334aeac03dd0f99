"""Overview of a person's sign-in settings for the profile; each line leads to its page."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sessions_app.accounts import second_factor, sign_ins
from sessions_app.models import ApiToken
from sessions_app.views.respond import PersonRequest


@dataclass(frozen=True)
class Line:
    """One thing, how it stands with this person, and where to go."""

    title: str
    state: str
    action: str
    link: str


def lines(request: PersonRequest) -> list[Line]:
    """Return the lines for this person: pages that this installation has, and nothing that only admins change."""
    found = [_password(request), _address(request), _second_factor(request), _devices(request), _tokens(request)]
    return [line for line in found if line is not None]


def _password(request: PersonRequest) -> Line | None:
    if not request.user.has_usable_password():
        return None
    return Line(_("Password"), _("Changing it signs out your other devices."), _("Change"), reverse("account_change_password"))


def _address(request: PersonRequest) -> Line | None:
    if not settings.PEOPLE_CHANGE_ADDRESS:
        return None
    return Line(_("Email address"), request.user.email, _("Change"), reverse("account_email"))


def _second_factor(request: PersonRequest) -> Line:
    if second_factor.has(request.user):
        return Line(_("Second factor"), _("Set up: signing in asks for it."), _("Manage"), reverse("mfa_index"))
    return Line(_("Second factor"), _("None: the password alone signs you in."), _("Set up"), reverse("mfa_index"))


def _devices(request: PersonRequest) -> Line:
    count = len(sign_ins.of(request.user))
    state = ngettext("Signed in on this device alone.", "Signed in on %(count)d devices.", count) % {"count": count}
    return Line(_("Devices"), state, _("Manage"), reverse("devices"))


def _tokens(request: PersonRequest) -> Line:
    own = list(ApiToken.objects.usable().filter(acts_for=request.user))
    expiring = [token.name for token in own if token.is_expiring]
    state = ngettext("%(count)d token is in use.", "%(count)d tokens are in use.", len(own)) % {"count": len(own)}
    if expiring:
        state = _("Expires soon, make a new one: %(names)s.") % {"names": ", ".join(expiring)}
    return Line(_("API tokens"), state, _("Manage"), reverse("tokens"))
