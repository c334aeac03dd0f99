"""Second factors: encrypted storage of their secrets; a required last factor cannot be removed."""

from __future__ import annotations

import logging

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sessions_app.accounts import second_factor
from sessions_app.accounts.passwords import SHORT
from sessions_app.infrastructure.sealing import SECOND_FACTORS, UnreadableSecretError, seal, unseal

log = logging.getLogger(__name__)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    """Seeds of authenticator apps and recovery codes are stored encrypted. A passkey has no secret here."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": gettext_lazy(
            "Your last second factor stays: one is asked of you, or your password has less than 12 characters. "
            "Add another factor or choose a longer password first."
        ),
    }

    def encrypt(self, text: str) -> str:
        """Encrypt with a key derived from SECRET_KEY."""
        return seal(text, SECOND_FACTORS)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt with today's SECRET_KEY or an older one. Raises `ValidationError` when none of them fits."""
        try:
            return unseal(encrypted_text, SECOND_FACTORS)
        except UnreadableSecretError:
            log.error(
                "a second factor cannot be read: SECRET_KEY was changed and SECRET_KEY_FALLBACKS does not have the old one"
            )
            message = _("This second factor can't be read any more. Ask an admin to remove it, and set up a new one.")
            raise ValidationError(message) from None

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Return whether the factor may be removed: not the last one of a person who must have one."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=("totp", "webauthn"))
        is_last = authenticator.type != "recovery_codes" and not others.exclude(pk=authenticator.pk).exists()
        return not (is_last and (second_factor.is_required(authenticator.user) or _has_short_password()))


def _has_short_password() -> bool:
    """Return whether this sign-in's password is sufficient only together with a second factor."""
    return bool(context.request is not None and context.request.session.get(SHORT))
