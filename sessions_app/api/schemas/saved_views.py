"""Saved views over the wire."""

from __future__ import annotations

from ninja import Field, Schema

from sessions_app.api.schemas.fields import Line, Text
from sessions_app.api.strict import Input
from sessions_app.models import Queue, SavedView
from sessions_app.models.saved_view import LONGEST_VIEW_NAME, LONGEST_VIEW_QUERY
from sessions_app.validation.limits import longest


class ViewIn(Input):
    """A list of the inbox with its filters, as its address has them."""

    name: Line = Field(..., min_length=1, max_length=LONGEST_VIEW_NAME, examples=["Disruption 2 May"])
    where: Text = Field("open", max_length=longest(SavedView, "where"), examples=["open", "queues/bookings", "closed"])
    query: Text = Field(
        "", max_length=LONGEST_VIEW_QUERY, description="Filters and order.", examples=["q=label%3Avip&sort=oldest"]
    )
    queue: Text | None = Field(
        None, max_length=longest(Queue, "slug"), description="The queue that it is shared with; null: the person's own."
    )


class ViewOut(Schema):
    """`address` is its page. `queue` is the one that it is shared with; null is the person's own."""

    id: int
    name: str
    where: str
    query: str
    queue: str | None
    address: str

    @staticmethod
    def resolve_id(view: SavedView) -> int:
        return view.pk

    @staticmethod
    def resolve_queue(view: SavedView) -> str | None:
        return view.queue.slug if view.queue else None

    @staticmethod
    def resolve_address(view: SavedView) -> str:
        return view.url
