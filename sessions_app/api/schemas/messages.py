"""Messages over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Schema

from sessions_app.actions.idempotency import LONGEST_KEY
from sessions_app.api.pages import BrokenOut
from sessions_app.api.schemas.fields import LENGTH, OptionalSeen, Text, Words
from sessions_app.api.strict import Input
from sessions_app.models import Message
from sessions_app.policy import disclosure


class Sent(Schema):
    """The request's headers."""

    key: Text = Field(
        "",
        max_length=LONGEST_KEY,
        alias="Idempotency-Key",
        description="A word of your own, a new one for each message: see `key_taken`.",
    )


class MessageIn(Input):
    content: Words = Field(..., json_schema_extra={"minLength": 1, **LENGTH})


class ReplyIn(MessageIn):
    seen: OptionalSeen = None


class MessageOut(Schema):
    """`internal` messages are notes: never show them to the customer. `sent` says whether the words reached the customer.

    `said_by` is who said it as customers are told it ("Shop agent, AI", "Ana, support"): show it beside the words; empty for
    their own. `content` of agents and people is Markdown, of customers plain text; `html` is safe to put into a page, and keeps
    its shape there with `white-space: pre-wrap`; of a text of more than 20,000 characters it is the beginning.
    """

    message_id: str
    run_id: str | None
    role: str
    author_kind: str
    author: str
    said_by: str
    content: str
    html: str
    tool_calls: list[dict[str, Any]]
    tool_call_id: str
    tool_name: str
    internal: bool
    sent: bool
    created_at: datetime

    @staticmethod
    def resolve_said_by(message: Message) -> str:
        return disclosure.said_by(message) if message.role in ("user", "assistant") else ""

    @staticmethod
    def resolve_html(message: Message) -> str:
        return str(message.html) if message.role in ("user", "assistant") else ""

    @staticmethod
    def resolve_run_id(message: Message) -> str | None:
        return message.run.run_id if message.run else None


class MessagePage(Schema):
    items: list[MessageOut]
    broken: list[BrokenOut] = []
    next: str | None
