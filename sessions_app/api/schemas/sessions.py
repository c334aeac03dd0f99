"""Sessions over the wire."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Field, Schema
from pydantic import model_validator

from kern.validation.inputs import LONGEST_ID
from sessions_app.api.pages import BrokenOut
from sessions_app.api.schemas.attributes import Attributes
from sessions_app.api.schemas.fields import LENGTH, Email, Id, Line, Text, Words
from sessions_app.api.schemas.labels import LabelOut
from sessions_app.api.schemas.tickets import TicketOut
from sessions_app.api.strict import Input
from sessions_app.models import Label, Queue, Session, TicketLink
from sessions_app.policy import disclosure
from sessions_app.validation.limits import longest


class SessionIn(Input):
    """A new session. Send a `session_id` of your own to make asking twice harmless."""

    queue: Text = Field(..., max_length=longest(Queue, "slug"), description="The queue's slug.", examples=["bookings"])
    user_id: Id | None = Field(
        None,
        min_length=1,
        max_length=LONGEST_ID,
        description="Who the customer is in your system. A number counts as its digits.",
    )
    customer_name: Line = Field("", max_length=longest(Session, "customer_name"))
    customer_email: Email = Field("", max_length=longest(Session, "customer_email"))
    session_id: Id | None = Field(
        None,
        min_length=1,
        max_length=LONGEST_ID,
        description="One line of plain text. A number counts as its digits.",
        examples=["order-7", "user_123/session 456"],
    )
    message: Words | None = Field(
        None,
        json_schema_extra={"minLength": 1, **LENGTH},
        description="A first message to the customer, by the token's person.",
    )
    attributes: Attributes | None = None

    @model_validator(mode="after")
    def attributes_are_somebodys(self) -> SessionIn:
        """Raises `ValueError`."""
        if self.attributes and self.user_id is None:
            raise ValueError(_("attributes are the customer's: send their user_id, too"))
        return self


class SessionOut(Schema):
    """`last_change` is the number to send as `seen`. Snoozed with `snoozed_until` null means: until the customer writes.

    `address` is where this session is in this interface, percent-encoded; what hangs below it follows after a slash.
    `name_source` is human, auto, ticket, provisional or imported; automation leaves a locked name alone, and `name_problem` is
    why none could be made. `notice` says who answers the customer now, an AI or people. `waiting_for` says whose turn it is,
    `waiting_since` since when. A session needs a person since `person_wanted_at`, for `person_wanted_for`, as
    `person_wanted_by` said. `priority` is urgent, high, normal or low.
    """

    session_id: str
    address: str
    queue: str | None
    user_id: str
    customer_name: str
    customer_email: str
    channel: str
    kind: str
    agent_id: str
    name: str
    name_source: str
    name_version: int
    name_locked: bool
    name_problem: str
    status: str
    snoozed_until: datetime | None
    ai_mode: str
    notice: str
    waiting_for: str
    waiting_since: datetime | None
    person_wanted_at: datetime | None
    person_wanted_for: str
    person_wanted_by: str
    assignee: str | None
    priority: str
    labels: list[LabelOut]
    tickets: list[TicketOut]
    last_change: int
    last_text: str
    activity_at: datetime
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_address(session: Session) -> str:
        return reverse("api:get_session", args=[session.session_id])

    @staticmethod
    def resolve_queue(session: Session) -> str | None:
        return session.queue.slug if session.queue else None

    @staticmethod
    def resolve_ai_mode(session: Session) -> str:
        return session.effective_ai_mode

    @staticmethod
    def resolve_notice(session: Session) -> str:
        return disclosure.notice(session.queue, session)

    @staticmethod
    def resolve_waiting_since(session: Session) -> datetime | None:
        return session.turn_since

    @staticmethod
    def resolve_assignee(session: Session) -> str | None:
        return session.assignee.email if session.assignee else None

    @staticmethod
    def resolve_priority(session: Session) -> str:
        return session.urgency.word

    @staticmethod
    def resolve_labels(session: Session) -> list[Label]:
        return sorted((row.label for row in session.labels.all()), key=lambda label: label.search_text)

    @staticmethod
    def resolve_tickets(session: Session) -> list[TicketLink]:
        return list(session.tickets.all())


class SessionPage(Schema):
    items: list[SessionOut]
    broken: list[BrokenOut] = []
    next: str | None
