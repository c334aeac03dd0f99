"""Labels and priorities over the wire."""

from __future__ import annotations

from typing import Literal

from ninja import Field, Schema

from sessions_app.api.schemas.fields import Line
from sessions_app.api.strict import Input
from sessions_app.models import Label
from sessions_app.models.label import LONGEST_LABEL, Colour

COLOURS = ", ".join(Colour.values)


class LabelIn(Input):
    """A label by its name; case and accents do not tell two labels apart."""

    name: Line = Field(..., min_length=1, max_length=LONGEST_LABEL, examples=["Disruption 2 May"])


class NewLabelIn(LabelIn):
    colour: Line = Field("", max_length=8, description=f"One of: {COLOURS}. Empty: one that few labels have.")


class LabelOut(Schema):
    id: int
    name: str
    colour: str

    @staticmethod
    def resolve_id(label: Label) -> int:
        return label.pk


class PriorityIn(Input):
    priority: Literal["urgent", "high", "normal", "low"]
