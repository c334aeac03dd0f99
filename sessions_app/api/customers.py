"""Customers' data: see it, export it, erase it. Ids come in the body, since addresses stand in logs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema
from pydantic import model_validator

from sessions_app import customers
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.schemas.fields import Text
from sessions_app.api.strict import Input
from sessions_app.customers import Customer
from sessions_app.customers.whom import WAYS
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure.downloads import download

router = Router()
#: A request waits no longer than so many seconds for its answer.
SECONDS = 20.0


class CustomerIn(Input):
    """One of three: `user_id` exactly as it is, `email` in any capitals, or `session_id` of one conversation."""

    user_id: Text | None = Field(None, min_length=1, max_length=200)
    email: Text | None = Field(None, min_length=3, max_length=254)
    session_id: Text | None = Field(None, min_length=1, max_length=200)

    @model_validator(mode="after")
    def names_one(self) -> CustomerIn:
        """Raises `ValueError`."""
        if sum(getattr(self, way) is not None for way in WAYS) != 1:
            raise ValueError(_("send one of user_id, email and session_id"))
        return self

    def customer(self) -> Customer:
        """Return the customer. Raises `InvalidAction`."""
        by = next(way for way in WAYS if getattr(self, way) is not None)
        return Customer.of(by, getattr(self, by))


class EraseIn(CustomerIn):
    """The same, and the value once more: erasing cannot be undone."""

    confirm: Text = Field(..., max_length=254, description="The same id or address again.")


class ExampleOut(Schema):
    """One conversation that would go."""

    session_id: str
    name: str
    customer: str
    queue: str
    status: str
    activity_at: datetime


class OtherOut(Schema):
    """An id or address of the same conversations that leads to more; perhaps the same customer."""

    by: str
    value: str


class MentionOut(Schema):
    """Other people's texts that name the customer's address. They stay."""

    session_id: str
    author: str
    where: str


class PreviewOut(Schema):
    """Size of the erasure. Lines of the decision log are emptied of words and ids, and stay."""

    sessions: int
    messages: int
    runs: int
    tool_calls: int
    questions: int
    names: int
    tickets: int
    unsent: int
    changes: int
    decisions: int
    active_turns: int
    shared_turns: int
    examples: list[ExampleOut]
    also: list[OtherOut]
    mentions: list[MentionOut]


class ExportOut(Schema):
    """The document that docs/data.md describes. One that was cut is no JSON, as `complete` stands at its end."""

    format: str
    version: int
    made_at: datetime
    customer: OtherOut
    attributes: list[dict[str, Any]]
    conversations: list[dict[str, Any]]
    turns_elsewhere: list[dict[str, Any]]
    decisions_elsewhere: list[dict[str, Any]]
    complete: bool


class ErasedOut(Schema):
    """`sessions` went; `lines` of the record were of conversations that were deleted before. Not `finished`: send it again."""

    sessions: int
    lines: int
    finished: bool


@router.post(
    "/preview", response={200: PreviewOut, FAILURES: ErrorOut}, summary="List what is kept about a customer", auth=auth.ADMIN
)
def preview_customer(request: ApiRequest, whom: CustomerIn) -> dict[str, Any]:
    """Preview of an erasure; nothing is changed. Needs a token of an admin."""
    auth.admin(request)
    return customers.preview(whom.customer()).as_json()


@router.post(
    "/export", response={200: ExportOut, FAILURES: ErrorOut}, summary="Export what is kept about a customer", auth=auth.ADMIN
)
def export_customer(request: ApiRequest, whom: CustomerIn) -> HttpResponseBase:
    """One JSON document, sent piece by piece. Needs a token of an admin."""
    auth.admin(request)
    return download(request, customers.export_for(whom.customer()), customers.file_name())


@router.post("/erase", response={200: ErasedOut, FAILURES: ErrorOut}, summary="Erase a customer", auth=auth.ADMIN)
def erase_customer(request: ApiRequest, whom: EraseIn) -> customers.Erased:
    """Everything of the customer goes for good; doing it twice is fine. Needs a token of an admin."""
    auth.admin(request)
    customer = whom.customer()
    if whom.confirm != customer.value:
        raise InvalidAction(_("confirm is not the id or address that was sent with it. Nothing was erased."))
    return customers.erase(customer, SECONDS)
