"""Secrets in the database, encrypted with keys that are derived from SECRET_KEY.

For what the program must be able to read again: seeds of second factors, keys that sign webhooks. What it only has to
recognise (passwords, API tokens) is stored hashed instead.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

#: Purposes: the salt of each derived key, so that what was encrypted for one cannot be read as another's.
SECOND_FACTORS = b"kern-inbox second factors"
WEBHOOKS = b"kern-inbox webhooks"


class UnreadableSecretError(Exception):
    """No key reads it: SECRET_KEY was changed, and SECRET_KEY_FALLBACKS does not have the old one."""


def seal(text: str, purpose: bytes) -> str:
    """Encrypt with today's SECRET_KEY."""
    return _cipher(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: bytes) -> str:
    """Decrypt with today's SECRET_KEY or an older one. Raises `UnreadableSecretError` when none of them fits."""
    try:
        return _cipher(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise UnreadableSecretError from None


def _cipher(purpose: bytes) -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(secret_key: str, purpose: bytes) -> bytes:
    derived = HKDF(SHA256(), 32, salt=None, info=purpose).derive(secret_key.encode())
    return base64.urlsafe_b64encode(derived)
