"""Customers' secret links over the wire."""

from __future__ import annotations

from datetime import datetime

from ninja import Schema


class LinkOut(Schema):
    """`ends_at` moves on with each message; null: never."""

    url: str
    ends_at: datetime | None
