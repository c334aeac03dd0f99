"""Ids of rows that the library, the API and addresses know, and hashes of secrets that addresses hold."""

from __future__ import annotations

import hashlib
from uuid import uuid4


def new_id() -> str:
    """Make an id that cannot be guessed: a random UUID (version 4, RFC 9562) as text.

    Rows have their own, although the library makes the same: migrations name it, and keep that name for ever.
    """
    return str(uuid4())


def secret_hash(secret: str) -> str:
    """Return the stored hash of a customer's secret link or an API token; the secret itself is never stored."""
    return hashlib.sha256(secret.encode()).hexdigest()
