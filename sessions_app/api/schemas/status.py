"""Schemas of a session's status, queue and assignee."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext as _
from ninja import Field
from pydantic import model_validator

from sessions_app.api.schemas.fields import Moment, OptionalSeen, Text
from sessions_app.api.strict import Input
from sessions_app.models import Person, Queue
from sessions_app.validation.limits import longest


class StatusIn(Input):
    """`until` goes with `snoozed` alone."""

    status: Literal["open", "snoozed", "closed", "spam"]
    until: Moment | None = Field(None, description="With a time zone.", examples=["2030-01-31T09:00:00+01:00"])
    seen: OptionalSeen = None

    @model_validator(mode="after")
    def _no_end_of_nothing(self) -> StatusIn:
        if self.until is not None and self.status != "snoozed":
            raise ValueError(_("until goes with the status snoozed"))
        return self


class AssigneeIn(Input):
    assignee: Text | None = Field(
        ..., max_length=longest(Person, "email"), description="An email address.", examples=["ana@example.com"]
    )
    seen: OptionalSeen = None


class QueueIn(Input):
    queue: Text = Field(..., max_length=longest(Queue, "slug"), description="The queue's slug.", examples=["bookings"])
    seen: OptionalSeen = None
