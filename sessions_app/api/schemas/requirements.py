"""Requirements over the wire: what paused runs wait for, and the answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema

from sessions_app.api.pages import BrokenOut
from sessions_app.api.schemas.fields import LENGTH, LongText, Seen
from sessions_app.api.strict import Input
from sessions_app.models import Requirement


class RequirementOut(Schema):
    """A requirement of a paused run. `root_run_id` is the run that goes on once all of them are answered.

    `policy` says who may decide; the person in `asked_for_by` may not approve. A `reason` of `draft` asks to send an answer.
    """

    requirement_id: str
    session_id: str
    run_id: str
    root_run_id: str
    kind: str
    reason: str
    status: str
    agent_name: str
    tool_name: str
    arguments: dict[str, Any]
    edited_arguments: dict[str, Any] | None
    parameters: dict[str, Any] = Field(..., description="The tool's JSON schema.")
    fields: list[dict[str, Any]]
    question: str
    options: list[str]
    multiple: bool
    note: str
    answer: Any
    look_again: bool
    policy: dict[str, Any]
    risk: str
    approvers: int
    expires_at: datetime | None
    asked_for_by: str | None
    reopened_from: str | None
    decided_by: str | None
    decided_at: datetime | None
    created_at: datetime

    @staticmethod
    def resolve_session_id(requirement: Requirement) -> str:
        return requirement.session.session_id

    @staticmethod
    def resolve_run_id(requirement: Requirement) -> str:
        return requirement.run.run_id

    @staticmethod
    def resolve_root_run_id(requirement: Requirement) -> str:
        return requirement.root.run_id

    @staticmethod
    def resolve_parameters(requirement: Requirement) -> dict[str, Any]:
        return dict(requirement.schema)

    @staticmethod
    def resolve_asked_for_by(requirement: Requirement) -> str | None:
        return requirement.asked_for_by.email if requirement.asked_for_by else None

    @staticmethod
    def resolve_reopened_from(requirement: Requirement) -> str | None:
        return requirement.reopened_from.requirement_id if requirement.reopened_from else None

    @staticmethod
    def resolve_decided_by(requirement: Requirement) -> str | None:
        return requirement.decided_by.email if requirement.decided_by else None


class DecisionIn(Input):
    """An answer. `approve` may carry other `arguments`, `reject` a `note`; `input` needs `values`, `choose` a `choice`,
    `result` a `result`, and `respond`, which answers in the tool's place, a `response`."""

    action: Literal["approve", "reject", "input", "choose", "result", "respond"]
    seen: Seen
    arguments: dict[str, Any] | None = None
    note: LongText = Field("", json_schema_extra=LENGTH)
    values: dict[str, Any] = {}
    choice: list[str] = Field([], max_length=50)
    result: LongText = Field("", json_schema_extra=LENGTH)
    response: LongText = Field("", json_schema_extra=LENGTH)


class RequirementPage(Schema):
    items: list[RequirementOut]
    broken: list[BrokenOut] = []
    next: str | None
