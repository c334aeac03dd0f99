"""Password rules: length, and no password that attackers guess first."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from sessions_app.text.folding import fold

ALONE = 12
WITH_SECOND_FACTOR = 8
#: Keys of the session: why the given password is weak, and whether it is too short without a second factor.
WEAK = "password_weakness"
SHORT = "password_is_short"
#: So many letters and digits must be left beside what is guessed first.
LEAST_OTHER = 6
LEAST_DISTINCT = 5
#: Signs that people put for letters.
_SIGNS = str.maketrans("@4$5013!7", "aassoieit")
_PRODUCT = ("kern", "inbox")
#: Rows of keys and the alphabet, forwards and backwards.
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
)
_WALK = 4


class LongEnoughValidator:
    """Requires 12 characters, or 8 of people who also have a second factor."""

    def validate(self, password: str, user: Any = None) -> None:
        least = WITH_SECOND_FACTOR if has_second_factor(user) else ALONE
        if len(password) < least:
            raise ValidationError(
                _("Use %(least)d characters or more: four words that have nothing to do with each other will do."),
                code="password_too_short",
                params={"least": least},
            )

    def get_help_text(self) -> str:
        return _("%(alone)d characters or more; with a second factor, %(fewer)d.") % {
            "alone": ALONE,
            "fewer": WITH_SECOND_FACTOR,
        }


class NotGuessedFirstValidator:
    """Refuses common words, names, the product, rows of keys and repetitions."""

    def validate(self, password: str, user: Any = None) -> None:
        plain = fold(password)
        if len(set(plain)) < LEAST_DISTINCT or _is_repeated(plain):
            raise ValidationError(_("This repeats itself. Use different words or characters."), code="password_repeated")
        core = re.sub(r"^[^a-z]+|[^a-z]+$", "", plain)
        if _is_common(core) or _is_common(core.translate(_SIGNS)):
            raise ValidationError(
                _("This is a common password with something around it. Use words of your own."), code="password_too_common"
            )
        if len(_without_walks(_without(plain, own_words(user)))) < LEAST_OTHER:
            raise ValidationError(
                _("Your name, your address, the name of this program and rows of keys are guessed first. Use other words."),
                code="password_too_similar",
            )

    def get_help_text(self) -> str:
        return _("Not your name or address, no common password, no row of keys.")


def has_second_factor(person: Any) -> bool:
    """Return whether the person signs in with an app or a key, too. Recovery codes alone are none."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return bool(person and person.pk and Authenticator.objects.filter(user_id=person.pk, type__in=kinds).exists())


def weakness(password: str, person: Any) -> str:
    """Return the fault of the password by the current rules, empty where there is none."""
    try:
        validate_password(password, person)
    except ValidationError as error:
        return str(error.messages[0])
    return ""


def own_words(person: Any) -> set[str]:
    """Return the words of a targeted guess: the person's names and address, and the product."""
    names = ("display_name", "first_name", "last_name", "email")
    texts = " ".join(fold(str(getattr(person, name, "") or "")) for name in names)
    return {word for word in (*re.split(r"[^a-z]+", texts), *_PRODUCT) if len(word) > 2}


def _without(text: str, words: set[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, " ")
        read = text.translate(_SIGNS)
        while (at := read.find(word)) >= 0:
            text = f"{text[:at]} {text[at + len(word) :]}"
            read = text.translate(_SIGNS)
    return text


def _without_walks(text: str) -> str:
    """Return the letters and digits outside of rows of keys."""
    left, at = "", 0
    while at < len(text):
        end = at + _WALK
        if _is_walk(text[at:end]):
            while end < len(text) and _is_walk(text[at : end + 1]):
                end += 1
            at = end
        else:
            left += text[at] if text[at].isalnum() else ""
            at += 1
    return left


def _is_walk(text: str) -> bool:
    return len(text) >= _WALK and any(text in row or text in row[::-1] for row in _ROWS)


def _is_repeated(text: str) -> bool:
    found = re.fullmatch(r"(.+?)\1+", text)
    return found is not None and len(found[1]) < ALONE


def _is_common(text: str) -> bool:
    return text in _common()


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)
