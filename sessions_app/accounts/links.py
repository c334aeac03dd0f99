"""One-time links with which a person sets a new password, for admins to hand over where no mail reaches people."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse

from sessions_app import audit
from sessions_app.models import Person


def password_path(person: Person) -> str:
    """Return the path of a page that sets a new password, once, within PASSWORD_RESET_TIMEOUT.

    It gives access to the account.
    """
    audit.record(audit.Kind.PASSWORD_RESET_ASKED, subject=person)
    parts = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    return reverse("account_reset_password_from_key", kwargs=parts)
