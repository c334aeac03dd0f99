"""Merges of two sessions over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Field, Schema

from kern.validation.inputs import LONGEST_ID
from sessions_app.api.schemas.fields import Id
from sessions_app.api.strict import Input
from sessions_app.models import Merge


class PairIn(Input):
    """Two sessions, in any order."""

    sessions: tuple[Id, Id] = Field(..., description="The ids of the two sessions.", examples=[["order-7", "order-7b"]])
    apart: bool = Field(True, description="`false` takes it back: pages offer to merge them again.")


class MergeIn(Input):
    """`merged` goes into `kept`: its messages, turns, decisions, tickets and names move there, and its id leads there."""

    kept: Id = Field(..., min_length=1, max_length=LONGEST_ID, description="The id of the session that stays.")
    merged: Id = Field(..., min_length=1, max_length=LONGEST_ID, description="The id of the session that goes into it.")
    name_of: Literal["kept", "merged"] = Field("kept", description="The session whose name stays.")


class MergeOut(Schema):
    """One merge. It can be undone until `undoable_until`, once: `undone_at` says when that was done."""

    id: int
    kept: str
    merged: str
    created_at: datetime
    undoable_until: datetime
    undone_at: datetime | None

    @staticmethod
    def resolve_kept(merge: Merge) -> str:
        return merge.kept.session_id

    @staticmethod
    def resolve_merged(merge: Merge) -> str:
        return merge.merged.session_id

    @staticmethod
    def resolve_undoable_until(merge: Merge) -> datetime:
        return merge.can_be_undone_until
