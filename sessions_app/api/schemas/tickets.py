"""Ticket links over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from sessions_app.actions.tickets import LONGEST_ADDRESS
from sessions_app.api.schemas.fields import Text
from sessions_app.api.strict import Input
from sessions_app.models import TicketLink, TicketSystem
from sessions_app.queries.ticket_suggestions import Suggestion
from sessions_app.validation.limits import longest


class TicketIn(Input):
    """`system` is a ticket system's slug; without it the system is found by what the id looks like."""

    ticket_id: Text = Field(
        ..., min_length=1, max_length=LONGEST_ADDRESS, description="Its id, or its web address.", examples=["ZD-48213"]
    )
    system: Text | None = Field(None, max_length=longest(TicketSystem, "slug"))


class FirstIn(Input):
    """Only `true`: another ticket stands first once that one is put first."""

    is_primary: Literal[True] = Field(..., description="Put this ticket first.")


class MentionOut(Schema):
    """A ticket that the customer wrote of lately, and that is neither linked nor dismissed."""

    ticket_id: str
    system: str
    url: str

    @staticmethod
    def resolve_system(mention: Suggestion) -> str:
        return mention.system.slug

    @staticmethod
    def resolve_url(mention: Suggestion) -> str:
        return mention.system.url_of(mention.ticket_id)


class TicketOut(Schema):
    id: int
    ticket_id: str
    system: str
    url: str
    is_primary: bool
    title: str = Field(description="As its system told it by webhook; empty where it told nothing.")
    state: str = Field(description="As its system calls it.")
    shown_state: str = Field(description="As it is shown here: new, open, pending, on_hold, solved, closed, or empty.")
    created_at: datetime

    @staticmethod
    def resolve_system(link: TicketLink) -> str:
        return link.system.slug

    @staticmethod
    def resolve_title(link: TicketLink) -> str:
        return link.record.title if link.record else ""

    @staticmethod
    def resolve_state(link: TicketLink) -> str:
        return link.record.state if link.record else ""

    @staticmethod
    def resolve_shown_state(link: TicketLink) -> str:
        return link.record.shown if link.record else ""
