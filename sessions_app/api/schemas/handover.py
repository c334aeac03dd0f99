"""Schemas of the handover between AI and people."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from sessions_app.api.schemas.fields import Line
from sessions_app.api.strict import Input
from sessions_app.models.hand_over import LONGEST_NOTE


class ModeIn(Input):
    ai_mode: Literal["autopilot", "draft", "off", "queue"]


class NeedsPersonIn(Input):
    note: Line = Field("", max_length=LONGEST_NOTE, description="Why, for the team alone.")


class BriefLineOut(Schema):
    """One sentence with the key of the message that it is from, on the conversation's page `#anchor`."""

    part: str
    text: str
    anchor: str
    at: datetime | None


class HandOverOut(Schema):
    """A hand-over to people: `reason` is one of `asked no_answer cannot failed no_progress words colleague`."""

    reason: str
    by: str
    note: str
    brief: list[BriefLineOut]
    created_at: datetime
