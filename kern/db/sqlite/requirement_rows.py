"""Requirements to rows and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import NamedTuple

from kern.db.sqlite.rows import Values, readable, to_json, to_object, to_optional_json
from kern.records.policy import Policy
from kern.records.requirement import InputField, Kind, Reason, Requirement, Status
from kern.validation.text import storable

#: Most tools have no policy of their own; theirs is stored as the empty text.
_PLAIN = Policy()


class RequirementRow(NamedTuple):
    """A row of `requirements`."""

    requirement_id: str
    run_id: str
    root_run_id: str
    session_id: str
    call_id: str
    kind: Kind
    tool_name: str
    arguments: str
    schema: str
    fields: str
    question: str
    options: str
    multiple: int
    agent_name: str
    reason: Reason
    status: Status
    edited_arguments: str
    note: str
    answer: str
    created_at: float
    decided_at: float | None
    policy: str
    expires_at: float | None
    approved_by: str


def requirement_row(item: Requirement, shift: float = 0.0) -> RequirementRow:
    """A requirement's columns; rows have the time that all processes agree on, `shift` ahead of this one's."""
    return RequirementRow(
        requirement_id=item.requirement_id,
        run_id=item.run_id,
        root_run_id=item.root_run_id,
        session_id=item.session_id,
        call_id=item.call_id,
        kind=item.kind,
        tool_name=storable(item.tool_name),
        arguments=to_json(item.arguments),
        schema=to_json(item.schema),
        fields=_fields_to_json(item),
        question=storable(item.question),
        options=to_json(item.options) if item.options else "",
        multiple=item.multiple,
        agent_name=storable(item.agent_name),
        reason=item.reason,
        status=item.status,
        edited_arguments=to_optional_json(item.edited_arguments),
        note=storable(item.note),
        answer=to_optional_json(item.answer),
        created_at=item.created_at + shift,
        decided_at=item.decided_at,
        policy="" if item.policy == _PLAIN else to_json(item.policy.to_dict()),
        expires_at=None if item.expires_at is None else item.expires_at + shift,
        approved_by=to_json(item.approved_by) if item.approved_by else "",
    )


def requirement_of(row: RequirementRow, shift: float = 0.0) -> Requirement:
    """A requirement with its answer, if it has one; its times are this process's, as its clock has them."""
    with readable("requirement", row.requirement_id):
        return _requirement_of(row, shift)


def answer_values(stored: Requirement, answer: Requirement, now: float) -> Values:
    """Return the answer's columns for a stored requirement.

    Never its arguments, schema or fields, only their values (rule L8).
    """
    values = answer.answer if isinstance(answer.answer, dict) else {}
    for field in stored.fields:
        field.value = values.get(field.name, field.value)
    return (
        answer.status,
        to_optional_json(answer.edited_arguments),
        storable(answer.note),
        to_optional_json(answer.answer),
        _fields_to_json(stored),
        answer.decided_at or now,
        to_json(answer.approved_by) if answer.approved_by else "",
        stored.requirement_id,
    )


def _requirement_of(row: RequirementRow, shift: float) -> Requirement:
    return Requirement(
        requirement_id=row.requirement_id,
        run_id=row.run_id,
        root_run_id=row.root_run_id,
        session_id=row.session_id,
        call_id=row.call_id,
        kind=row.kind,
        tool_name=row.tool_name,
        arguments=to_object(row.arguments),
        schema=to_object(row.schema),
        fields=[InputField(**field) for field in json.loads(row.fields)] if row.fields else [],
        question=row.question,
        options=json.loads(row.options) if row.options else [],
        multiple=bool(row.multiple),
        agent_name=row.agent_name,
        reason=row.reason,
        status=row.status,
        edited_arguments=to_object(row.edited_arguments) if row.edited_arguments else None,
        note=row.note,
        answer=json.loads(row.answer) if row.answer else None,
        created_at=row.created_at - shift,
        decided_at=row.decided_at,
        policy=Policy.from_dict(json.loads(row.policy)) if row.policy else _PLAIN,
        expires_at=None if row.expires_at is None else row.expires_at - shift,
        approved_by=json.loads(row.approved_by) if row.approved_by else [],
    )


def _fields_to_json(item: Requirement) -> str:
    return to_json([asdict(field) for field in item.fields]) if item.fields else ""
