"""Pages of long lists by key, so that page 1,000 costs what page 1 costs and nothing is seen twice."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import Any, TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import Combinable
from django.utils.translation import gettext as _
from ninja import Field, Schema

from sessions_app.errors import InvalidAction, Unreadable
from sessions_app.infrastructure.broken_rows import is_away, report
from sessions_app.queries.paging import Order, taken

Row = TypeVar("Row", bound=models.Model)
SALT = "api.cursor"
#: A page ends after so many characters of texts, however few items that are: at least one.
LARGEST_PAGE = 4_000_000


class BrokenOut(Schema):
    """An unreadable row of this page; it must be repaired or restored from a backup."""

    kind: str
    id: str


class Paging(Schema):
    """A part of a list. `cursor` is the `next` of the page before."""

    limit: int = Field(50, ge=1, le=100, description="How many items at most.")
    cursor: str = Field("", max_length=400, description="The `next` of the page before; without it, the first page.")


def page(
    rows: models.QuerySet[Row], paging: Paging, order: Order, shape: type[Schema], size: Combinable | None = None
) -> dict[str, Any]:
    """The next `limit` rows in this order as `{"items", "broken", "next"}`.

    A row that cannot be told in its `shape` stands in `broken`, and the others in `items` as always. Rows whose texts may be
    very long come with their `size` (characters), so that no page has more than `LARGEST_PAGE`. Raises `InvalidAction`.
    """
    told, more = _part(order.of(rows, _place(paging, order, rows.model)), paging.limit, size)
    items, broken = sorted_out(told, shape)
    return {"items": items, "broken": broken, "next": signing.dumps(order.cursor_of(told[-1]), salt=SALT) if more else None}


def _place(paging: Paging, order: Order, model: type[models.Model]) -> list[Any] | None:
    """Return the place of the last row before the page, `None` for the first one. Raises `InvalidAction`."""
    if not paging.cursor:
        return None
    try:
        place = order.read(model, signing.loads(paging.cursor, salt=SALT))
    except (signing.BadSignature, ValidationError):
        place = None
    if place is None:
        raise InvalidAction(_("This cursor is not one of ours. Start again without it."))
    return place


def sorted_out(rows: Iterable[Row], shape: type[Schema]) -> tuple[list[Row], list[BrokenOut]]:
    """Return the rows that fit this shape, and placeholders of the others."""
    items, broken = [], []
    for row in rows:
        try:
            must_be_readable(row)
            shape.from_orm(row)
            items.append(row)
        except Exception as error:
            if is_away(error):
                raise
            report(row._meta.model_name or "", row.pk, error)
            broken.append(broken_out(row))
    return items, broken


def must_be_readable(row: models.Model) -> None:
    """Raise `Unreadable` for a row that has stand-ins: a program would take them for stored values."""
    if problem := getattr(row, "broken", ""):
        out = broken_out(row)
        message = _("The %(kind)s %(id)s cannot be read: %(problem)s. Have it repaired or restored.")
        raise Unreadable(message % {"kind": out.kind, "id": out.id, "problem": problem})


def broken_out(row: models.Model) -> BrokenOut:
    """Return the placeholder of a row that cannot be read."""
    kind = row._meta.model_name or "row"
    return BrokenOut(kind=kind, id=str(getattr(row, f"{kind}_id", row.pk)))


def _part(rows: models.QuerySet[Row], limit: int, size: Combinable | None) -> tuple[list[Row], bool]:
    """The rows of one page, and whether there are more."""
    if size is None:
        return taken(rows, limit)
    sizes = list(rows.annotate(size_of_row=size).values_list("size_of_row", flat=True)[: limit + 1])
    most = _fitting(sizes[:limit])
    return list(rows[:most]), len(sizes) > most


def _fitting(sizes: list[int]) -> int:
    """Return the number of rows that fit on one page."""
    totals = list(accumulate(sizes))
    return max(1, sum(total <= LARGEST_PAGE for total in totals))
