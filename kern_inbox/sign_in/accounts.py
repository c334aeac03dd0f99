"""Accounts, sign-in and the mail about them (allauth's adapter)."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kern_inbox.sign_in.limits import seconds_to_wait, too_often
from sessions_app import audit
from sessions_app.accounts.mail import mail_reaches_people
from sessions_app.accounts.passwords import ALONE, SHORT, WEAK, weakness
from sessions_app.infrastructure import mail_counts
from sessions_app.models import Person
from sessions_app.text.identity import canonical_address, check_address
from sessions_app.validation.redirects import is_own_page

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Accounts are made by an admin; sign-up is open only where SIGN_UP says so and mail can be sent."""

    _limited_by = ""
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "enter_current_password": gettext_lazy("This is not your password of now."),
    }

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *rest: Any, **more: Any
    ) -> None:
        """Store allauth's messages, except "signed in": the inbox itself shows that, and it would stand on some later page."""
        if message_template != "account/messages/logged_in.txt":
            super().add_message(request, level, message_template, *rest, **more)

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether a redirect to the address is safe; an invalid address, or one with control characters, is not."""
        return is_own_page(self.request, url)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGN_UP and mail_reaches_people())

    def validation_error(self, code: str, *args: Any) -> Any:
        """Return the error of a form; for an exceeded limit, the page with the time to wait instead."""
        if code == "too_many_login_attempts":
            raise ImmediateHttpResponse(too_often(self.request, self._wait()))
        return super().validation_error(code, *args)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        self._limited_by = self._get_login_attempts_cache_key(request, **credentials)
        super().pre_authenticate(request, **credentials)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return the key of the failed attempts: the account, independent of host name and spelling of the address."""
        return f"sign-in:{canonical_address(str(credentials.get('email') or ''))}"

    def _wait(self) -> int:
        """Return the seconds until the password, or the code of a second factor, may be tried again."""
        stage = getattr(self.request, "_login_stage", None)
        person = stage.login.user if stage else self.request.user
        keys = [key for key in (self._limited_by, f"mfa-auth-user-{person.pk}") if key]
        return max(seconds_to_wait(self.request, "login_failed", key=key) for key in keys)

    def clean_email(self, email: str) -> str:
        """Return the canonical form of an address: two spellings of it are no two people's."""
        address = canonical_address(str(super().clean_email(email)))
        check_address(address)
        return address

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Check the password, and remember whether it would be accepted today."""
        person = super().authenticate(request, **credentials)
        if person is not None and (password := str(credentials.get("password") or "")):
            request.session[WEAK] = weakness(password, person)
            request.session[SHORT] = len(password) < ALONE
        return person

    def post_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponse:
        """Redirect to the inbox; a person with a weak password is told first, and may go on all the same."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if weak := request.session.pop(WEAK, ""):
            messages.warning(request, _("Your password is easily guessed. Choose a better one now, or later. %s") % weak)
            return redirect(f"{reverse('account_change_password')}?{urlencode({'next': response['Location']})}")
        return response

    def set_password(self, user: Person, password: str) -> None:
        super().set_password(user, password)
        if self.request is not None and hasattr(self.request, "session"):
            self.request.session[SHORT] = len(password) < ALONE

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("profile")

    def send_password_reset_mail(self, user: Person, email: str, context: dict[str, Any]) -> None:
        audit.record(audit.Kind.PASSWORD_RESET_ASKED, subject=user)
        super().send_password_reset_mail(user, email, context)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail, unless it would only reach a log: some mails hold a secret link."""
        if not mail_reaches_people():
            return
        try:
            super().send_mail(template_prefix, email, context)
            mail_counts.sent("account")
        except (SMTPException, OSError) as problem:
            mail_counts.failed("account")
            log.warning("mail %s could not be sent: %s", template_prefix, type(problem).__name__)
            if self.request is not None:
                messages.error(self.request, _("The mail could not be sent. Try again later, or ask an admin."))

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address for limits: the connection's, or the one that the trusted proxies report."""
        try:
            return str(super().get_client_ip(request))
        except (PermissionDenied, ImproperlyConfigured):
            # No address at all (a local socket), or fewer proxies on the way than there are: what connected is what is known.
            return str(request.META.get("REMOTE_ADDR") or "unknown")
