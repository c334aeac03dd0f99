"""Runs over the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema

from sessions_app.api.pages import BrokenOut, must_be_readable
from sessions_app.models import Run, ToolCall


class ToolCallOut(Schema):
    """One line of a run's journal: proposed, then started on a `worker`, then finished.

    In a run that has ended, a proposed call was not made and never will be, and a started one may or may not have happened.
    """

    call_id: str
    tool_name: str
    arguments: dict[str, Any]
    status: str
    result: str
    failed: bool
    worker: str
    started_at: datetime | None
    finished_at: datetime | None

    @staticmethod
    def resolve_arguments(call: ToolCall) -> dict[str, Any]:
        must_be_readable(call)
        return call.arguments if isinstance(call.arguments, dict) else {}


class RunOut(Schema):
    """One turn of an agent. A member of a team has a `parent_run_id`. Never show a customer what a run said whose `purpose` is
    `draft` or `internal`: it was for the person in `asked_by`."""

    run_id: str
    parent_run_id: str | None
    purpose: str
    asked_by: str | None
    agent_id: str
    agent_name: str
    model: str
    status: str
    content: str
    error: str
    permanent_error: bool
    refused: bool
    metrics: dict[str, Any]
    tool_calls: list[ToolCallOut]
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_parent_run_id(run: Run) -> str | None:
        return run.parent.run_id if run.parent else None

    @staticmethod
    def resolve_asked_by(run: Run) -> str | None:
        return run.asked_by.email if run.asked_by else None

    @staticmethod
    def resolve_tool_calls(run: Run) -> list[ToolCall]:
        return list(run.tool_calls.all())


class RunPage(Schema):
    items: list[RunOut]
    broken: list[BrokenOut] = []
    next: str | None
