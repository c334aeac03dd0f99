"""Forms of customers."""

from __future__ import annotations

import base64
import secrets

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from sessions_app.models import Queue, Session
from sessions_app.validation.limits import longest
from sessions_app.views.forms import EmailLineField, LineField, WordsField

NOT_SENT_YET = _("This was not sent yet, because the page was out of date. Please send it again.")
#: Signs the key of a first message: one that a program made up might be guessed, and the conversation read with it.
SIGNER = signing.Signer(salt="customer.write")


class MessageForm(forms.Form):
    """One message. `key` makes sending it twice harmless: a form that was sent carries the same one again."""

    message = WordsField(
        label=_("Your message"),
        widget=forms.Textarea(attrs={"class": "input", "rows": 4}),
        error_messages={"required": _("Write something first.")},
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
        form.add_error("message", NOT_SENT_YET)
        return form


class WriteForm(forms.Form):
    """The first message, and who writes. `website` is a trap: people do not see it, machines fill it in.

    `key` makes sending it twice harmless: what was begun with a key has its id and its secret from it.
    """

    name = LineField(
        label=_("Your name"),
        max_length=longest(Session, "customer_name"),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
    )
    email = EmailLineField(
        label=_("Your email address"),
        max_length=longest(Session, "customer_email"),
        required=False,
        help_text=_("If you like, so that we can reach you."),
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "email"}),
    )
    message = WordsField(
        label=_("What is it about?"),
        widget=forms.Textarea(attrs={"class": "input", "rows": 6}),
        error_messages={"required": _("Write something first.")},
    )
    person = forms.BooleanField(required=False, widget=forms.HiddenInput)
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"class": "input", "tabindex": "-1", "autocomplete": "off"}),
    )
    key = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)

    @classmethod
    def fresh(cls) -> WriteForm:
        """An empty form with a key of its own."""
        return cls(initial={"key": _signed_key()})

    def again(self) -> WriteForm:
        """The same words with a fresh key, and that they were not sent yet: the key was not one for them."""
        written = {name: self.data.get(name, "") for name in ("name", "email", "message")}
        form = WriteForm({**written, "key": _signed_key()})
        form.full_clean()
        form.add_error("message", NOT_SENT_YET)
        return form

    def clean_key(self) -> str:
        """The key; one of its own for a form that came without. Raises `ValidationError` for one that is not from here."""
        given: str = self.cleaned_data["key"]
        try:
            return SIGNER.unsign(given or _signed_key())
        except signing.BadSignature as error:
            raise ValidationError(NOT_SENT_YET) from error

    def session_id(self, queue: Queue) -> str:
        """The id of the conversation that this form begins in the queue. The secret can't be told from it."""
        return f"page-{self._made_for(queue, 'customer.session').hex()[:32]}"

    def secret(self, queue: Queue) -> str:
        """The secret of the conversation's link. It is made anew from the key and SECRET_KEY and stored nowhere."""
        return base64.urlsafe_b64encode(self._made_for(queue, "customer.secret")[:24]).decode()

    def _made_for(self, queue: Queue, purpose: str) -> bytes:
        return salted_hmac(purpose, f"{queue.slug}:{self.cleaned_data['key']}", algorithm="sha256").digest()

    @property
    def looks_like_a_machine(self) -> bool:
        """Return whether the trap was filled in."""
        return bool(self.cleaned_data.get("website"))


def _signed_key() -> str:
    return SIGNER.sign(secrets.token_urlsafe(24))
