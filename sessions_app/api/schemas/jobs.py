"""Bulk jobs over the wire."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ninja import Field, Schema

from sessions_app.api.pages import BrokenOut
from sessions_app.api.schemas.fields import Text
from sessions_app.api.strict import Input
from sessions_app.jobs.registry import ACTIONS
from sessions_app.models import Job, JobRow
from sessions_app.queries.presenters.job import Shown

#: Sessions that one request may name.
MOST_NAMED = 1_000


class JobIn(Input):
    """An action, and the sessions: their ids, or all that the filters choose. With `start` it begins at once."""

    kind: Text = Field(..., max_length=40, description=f"One of: {', '.join(ACTIONS)}.", examples=["resolve"])
    parameters: dict[str, Text] = Field(
        default_factory=dict,
        description="What the action asks for: `template` of rename, `assignee` (a person's id) of assign, `queue` of move, "
        "`ticket` of link, `label` (a name) of label and unlabel, `priority` of priority.",
    )
    sessions: list[Text] | None = Field(None, max_length=MOST_NAMED, description="Ids of sessions that the token sees.")
    queue: Text | None = Field(None, max_length=50, description="Without `sessions`: only those of this queue.")
    status: Text | None = Field(None, max_length=8, description="Without `sessions`: only open, snoozed, closed or spam ones.")
    limit: int | None = Field(None, ge=1, le=100_000, description="Without `sessions`: the newest ones at most.")
    start: bool = Field(False, description="Begin at once, without a dry run to look at first.")


class JobOut(Schema):
    id: int
    kind: str
    title: str
    state: str
    parameters: dict[str, Any]
    total: int
    to_do: int
    done: int
    skipped: int
    failed: int
    undone: int
    kept: int = Field(description="Rows that could not be undone: changed since.")
    tokens: int
    cost: Decimal | None = Field(description="In dollars, where the model's price is known.")
    estimate: dict[str, Any] = Field(description="What the dry run expected: tokens, cost, seconds.")
    seconds_left: float | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @staticmethod
    def resolve_title(job: Job) -> str:
        return Shown(job).title

    @staticmethod
    def resolve_seconds_left(job: Job) -> float | None:
        return Shown(job).seconds_left


class JobPage(Schema):
    items: list[JobOut]
    broken: list[BrokenOut]
    next: str | None


class JobRowOut(Schema):
    session_id: str
    outcome: str
    reason: str
    before: str
    after: str
    cost: Decimal | None
    at: datetime | None

    @staticmethod
    def resolve_session_id(row: JobRow) -> str:
        return row.session.session_id

    @staticmethod
    def resolve_outcome(row: JobRow) -> str:
        return row.state

    @staticmethod
    def resolve_at(row: JobRow) -> datetime | None:
        return row.done_at


class JobRowPage(Schema):
    items: list[JobRowOut]
    broken: list[BrokenOut]
    next: str | None
