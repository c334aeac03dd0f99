"""Ids of rows that the library, the API and addresses know."""

from __future__ import annotations

from uuid import uuid4


def new_id() -> str:
    """Make an id that cannot be guessed: a random UUID (version 4, RFC 9562) as text.

    Rows have their own, although the library makes the same: migrations name it, and keep that name for ever.
    """
    return str(uuid4())
