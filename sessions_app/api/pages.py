"""Pages of long lists by key, so that page 1,000 costs what page 1 costs and nothing is seen twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.core import signing
from django.db import models
from ninja import Field, Schema

from sessions_app.problems import Refused

Row = TypeVar("Row", bound=models.Model)
SALT = "api.cursor"


class Paging(Schema):
    """Which part of a list. `cursor` is the `next` of the page before."""

    limit: int = Field(50, ge=1, le=100, description="How many items at most.")
    cursor: str = Field("", max_length=400, description="The `next` of the page before; without it, the first page.")


def position(paging: Paging, parts: int) -> list[Any] | None:
    """Where the page begins: the values of the last row before it, `None` for the first page. Raises `Refused`."""
    if not paging.cursor:
        return None
    try:
        values = signing.loads(paging.cursor, salt=SALT)
    except signing.BadSignature:
        values = None
    if not isinstance(values, list) or len(values) != parts:
        raise Refused("This cursor is not one of ours. Start again without it.")
    return values


def page(rows: models.QuerySet[Row], paging: Paging, key: Callable[[Row], list[Any]]) -> dict[str, Any]:
    """The next `limit` rows as `{"items", "next"}`; `key` gives the values that `position` gets back."""
    found = list(rows[: paging.limit + 1])
    items = found[: paging.limit]
    more = len(found) > paging.limit
    return {"items": items, "next": signing.dumps(key(items[-1]), salt=SALT) if more else None}
