"""The pages of a person's account that allauth does not have, or that are stricter here."""

from __future__ import annotations

from allauth.account.internal.decorators import login_not_required
from allauth.account.views import password_reset as allauth_password_reset
from allauth.account.views import password_set as allauth_password_set
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import remove_webauthn as allauth_remove_webauthn
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from sessions_app import audit, ratelimit
from sessions_app.accounts.addresses import Wish, ask_for, take
from sessions_app.accounts.forms import AddressForm
from sessions_app.accounts.mail import mail_reaches_people
from sessions_app.accounts.reauthentication import reauthenticated
from sessions_app.errors import Forbidden, InvalidAction
from sessions_app.views.respond import PersonRequest, for_people, problem

#: (how many, in how many seconds): new addresses that one person may ask for.
WISHES = (5, 3600)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@for_people
@reauthenticated
def address(request: PersonRequest) -> HttpResponse:
    """The person's address, and a form for another one where people may change theirs."""
    if request.method != "POST":
        return _address_page(request, AddressForm(request.user))
    if not _may_change():
        audit.record(audit.Kind.ADDRESS_REFUSED, subject=request.user)
        raise Forbidden(_("Here an admin changes addresses. Ask one. Nothing was changed."))
    form = AddressForm(request.user, request.POST)
    if not form.is_valid():
        return _address_page(request, form, status=422)
    if ratelimit.wait_for("address", str(request.user.pk), limit=WISHES[0], seconds=WISHES[1]):
        raise InvalidAction(_("You asked for several addresses within the hour. Wait an hour, or ask an admin."))
    wish = Wish(request.user, form.cleaned_data["address"])
    if not ask_for(wish, request):
        raise InvalidAction(_("The mail could not be sent, so your address stays as it is. Try again later, or ask an admin."))
    audit.record(audit.Kind.ADDRESS_ASKED, subject=request.user, after={"email": wish.address})
    messages.info(request, _("Open the link that was sent to %s. Until then you sign in as before.") % wish.address)
    return redirect("account_email")


@login_not_required  # type: ignore[untyped-decorator]  # allauth ships no types
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    """Page of the link in the mail to a new address: a button, since mail programs open links, too."""
    try:
        wish = Wish.read(token)
        if not _may_change():
            raise Forbidden(_("Here an admin changes addresses by now. Ask one. Nothing was changed."))
        if request.method == "POST":
            take(wish)
            messages.success(request, _("From now on you sign in with %s.") % wish.address)
            return redirect("account_email" if request.user.is_authenticated else "account_login")
    except (InvalidAction, Forbidden) as refusal:
        audit.record(audit.Kind.ADDRESS_REFUSED, name=str(refusal))
        return problem(request, refusal, location="/")
    return render(request, "account/address_confirm.html", {"wish": wish})


def password_set(request: HttpRequest) -> HttpResponseBase:
    """Set a first password, for people who signed in another way, after re-authentication."""
    response: HttpResponseBase = reauthenticated(opening=True)(allauth_password_set)(request)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def password_reset(request: HttpRequest) -> HttpResponseBase:
    """Ask for a link by mail. Without a mail server there is no such page, as its link would stand in a log."""
    if not mail_reaches_people():
        return render(request, "account/password_reset_away.html")
    response: HttpResponseBase = allauth_password_reset(request)
    return response


def remove_webauthn(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remove a passkey or security key, unless it is a required last second factor."""
    key = Authenticator.objects.filter(pk=pk, user=request.user.pk).first()
    adapter = get_mfa_adapter()
    if key is not None and not adapter.can_delete_authenticator(key):
        return problem(
            request, InvalidAction(str(adapter.error_messages["cannot_delete_authenticator"])), location="/accounts/2fa/"
        )
    response: HttpResponseBase = allauth_remove_webauthn(request, pk=pk)
    return response


def _address_page(request: PersonRequest, form: AddressForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "may_change": _may_change(), "mail_reaches": mail_reaches_people()}
    return render(request, "account/address.html", context, status=status)


def _may_change() -> bool:
    return bool(settings.PEOPLE_CHANGE_ADDRESS and mail_reaches_people())
