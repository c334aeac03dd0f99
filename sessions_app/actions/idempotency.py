"""Idempotency keys: a request that a program sends twice is stored once."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from sessions_app.errors import IdempotencyConflict
from sessions_app.models import Message, Session
from sessions_app.validation.limits import longest
from sessions_app.validation.text import checked_line

LONGEST_KEY = longest(Message, "idempotency_key")


def checked_key(key: str) -> str:
    """Return the key, cleaned; empty means none. Raises `InvalidAction` when it is no line of plain text or too long."""
    return checked_line(key, _("The idempotency key"), LONGEST_KEY)


def sent_before(session: Session, key: str, **same: Any) -> Message | None:
    """Return the session's message that came with this key, `None` where there is none.

    Raises `IdempotencyConflict` when that one differs in `same` (its words, its author). The session's row must be locked.
    """
    known = session.messages.filter(idempotency_key=key).first() if key else None
    if known is not None and any(getattr(known, field) != value for field, value in same.items()):
        raise IdempotencyConflict(_("Another message was sent with this idempotency key. This one was not sent."))
    return known
