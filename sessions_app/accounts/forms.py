"""Forms about a person's account."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm, LoginForm
from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Person
from sessions_app.text.identity import canonical_address, check_address


class AddressForm(forms.Form):
    """Another e-mail address for a person."""

    address = forms.EmailField(
        label=_("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, person: Person, *args: Any, **kwargs: Any) -> None:
        self.person = person
        super().__init__(*args, **kwargs)

    def clean_address(self) -> str:
        """Return the address in its canonical form."""
        address = canonical_address(self.cleaned_data["address"])
        check_address(address)
        if address == self.person.email:
            raise forms.ValidationError(_("This is your address already."))
        return address


class SignInForm(LoginForm):  # type: ignore[misc]  # allauth ships no types
    """Sign-in with any spelling of the address."""

    def clean_login(self) -> str:
        return canonical_address(super().clean_login())


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """Form that asks for the current password; wrong ones count as failed sign-ins, against guessing with a stolen cookie."""

    def clean_oldpassword(self) -> str:
        password = str(self.cleaned_data.get("oldpassword", ""))
        adapter = get_adapter()
        if not adapter.reauthenticate(self.user, password):
            raise adapter.validation_error("enter_current_password")
        return password
