"""What customers fill in."""

from __future__ import annotations

import secrets

from django import forms
from django.utils.translation import gettext_lazy as _

from sessions_app.texts import LONGEST_MESSAGE


class MessageForm(forms.Form):
    """One message. `key` makes sending it twice harmless: a form that was sent carries the same one again."""

    message = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
        error_messages={"required": _("Write something first."), "max_length": _("This is too long to send.")},
    )
    key = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    @classmethod
    def fresh(cls) -> MessageForm:
        """An empty form with a key of its own."""
        return cls(initial={"key": secrets.token_urlsafe(12)})

    def again(self) -> MessageForm:
        """The same words with a fresh key, and that they were not sent yet: the key was not one for them."""
        form = MessageForm({"message": self.data.get("message", ""), "key": secrets.token_urlsafe(12)})
        form.full_clean()
        form.add_error("message", _("This was not sent yet, because the page was out of date. Please send it again."))
        return form


class WriteForm(forms.Form):
    """The first message, and who writes. `website` is a trap: people do not see it, machines fill it in."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Your email address"),
        max_length=254,
        required=False,
        help_text=_("If you like, so that we can reach you."),
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email"}),
    )
    message = forms.CharField(
        label=_("What is it about?"),
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"class": "input", "rows": 6}),
        error_messages={"required": _("Write something first."), "max_length": _("This is too long to send.")},
    )
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "tabindex": "-1", "autocomplete": "off"}),
    )

    @property
    def looks_like_a_machine(self) -> bool:
        """Whether the trap was filled in."""
        return bool(self.cleaned_data.get("website"))
