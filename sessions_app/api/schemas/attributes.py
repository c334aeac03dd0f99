"""A session's customer and their attributes over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from ninja import Field, Schema
from pydantic import AfterValidator, BeforeValidator

from kern.validation.inputs import LONGEST_ID
from sessions_app.actions.customer_attributes import LONGEST_KEY, LONGEST_VALUE, MOST
from sessions_app.api.schemas.fields import Email, Id, Line
from sessions_app.api.strict import Input
from sessions_app.models import Session
from sessions_app.validation.json_values import check_text
from sessions_app.validation.limits import longest


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


#: Lengths are described and not checked here: the verb says what is too long.
Value = Annotated[
    str, BeforeValidator(_as_text), AfterValidator(check_text), Field(json_schema_extra={"maxLength": LONGEST_VALUE})
]
Attributes = Annotated[
    dict[Line, Value],
    Field(
        description=f"At most {MOST} short texts by name; names have at most {LONGEST_KEY} characters, values {LONGEST_VALUE}. "
        "Numbers are kept as they are written. An empty value takes an attribute away.",
        json_schema_extra={"maxProperties": MOST, "propertyNames": {"minLength": 1, "maxLength": LONGEST_KEY}},
        examples=[{"booking": "K7QX2M", "tier": "Silver since 2023"}],
    ),
]


class AttributesIn(Input):
    """Facts of your systems about the customer. They take the place of all that was told before."""

    user_id: Id = Field(..., min_length=1, max_length=LONGEST_ID)
    attributes: Attributes


class AttributesOut(Schema):
    user_id: str
    attributes: dict[str, str]
    told_at: datetime


class CustomerIn(Input):
    """Corrections of a customer. Fields that are left out stay."""

    customer_name: Line | None = Field(None, max_length=longest(Session, "customer_name"))
    customer_email: Email | None = Field(None, max_length=longest(Session, "customer_email"))


class OtherSessionOut(Schema):
    session_id: str
    name: str
    queue: str | None
    status: str
    assignee: str | None
    activity_at: datetime

    @staticmethod
    def resolve_queue(session: Session) -> str | None:
        return session.queue.slug if session.queue else None

    @staticmethod
    def resolve_assignee(session: Session) -> str | None:
        return session.assignee.email if session.assignee else None


class CustomerOut(Schema):
    """`sessions` are the customer's other ones that the token sees, found by the user id, without one by the mail address."""

    user_id: str
    customer_name: str
    customer_email: str
    attributes: dict[str, str]
    told_at: datetime | None
    sessions: list[OtherSessionOut]
