"""Messages and tool calls to rows and back."""

from __future__ import annotations

import json
from typing import NamedTuple

from kern.db.sqlite.rows import Values, readable, report_once, to_json, to_object
from kern.errors import CorruptRecordError
from kern.records.message import Message, Role, ToolCall
from kern.records.run import CallStatus, ToolExecution
from kern.validation.text import storable


class MessageRow(NamedTuple):
    """A row of `messages`."""

    message_id: str
    run_id: str
    role: Role
    content: str
    tool_calls: str
    tool_call_id: str | None
    tool_name: str | None
    author: str | None
    created_at: float
    provider_items: str
    reasoning: str


class CallRow(NamedTuple):
    """A row of `tool_calls`."""

    run_id: str
    call_id: str
    tool_name: str
    arguments: str
    status: CallStatus
    result: str | None
    failed: int
    worker: str
    started_at: float | None
    finished_at: float | None


def message_row(message: Message, run_id: str) -> MessageRow:
    """A message's columns."""
    return MessageRow(
        message_id=message.message_id,
        run_id=run_id,
        role=message.role,
        content=storable(message.content),
        tool_calls=to_json([call.to_dict() for call in message.tool_calls]) if message.tool_calls else "",
        tool_call_id=message.tool_call_id,
        tool_name=_optional_text(message.tool_name),
        author=_optional_text(message.author),
        created_at=message.created_at,
        provider_items=to_json(message.provider_items) if message.provider_items else "",
        reasoning=storable(message.reasoning),
    )


def message_of(row: MessageRow) -> Message:
    """A message; the provider's items and the reasoning are there where the statement asked for them.

    This and its siblings raise `CorruptRecordError` for a row that cannot be read.
    """
    with readable("message", row.message_id):
        return _message_of(row)


def said_of(row: MessageRow) -> Message:
    """A message for people and for later turns: one that cannot be read whole has its words, as far as they go."""
    try:
        return message_of(row)
    except CorruptRecordError as problem:
        report_once(str(problem))
        words = row.content if isinstance(row.content, str) else ""
        return Message(role=row.role, content=words, run_id=row.run_id, message_id=row.message_id)


def proposed_call_values(run_id: str, call: ToolCall) -> Values:
    """A journal entry's columns as it is proposed; arguments that are no JSON object stay in the message alone."""
    try:
        arguments = to_json(call.parsed())
    except ValueError:
        arguments = "{}"
    return (run_id, call.id, storable(call.name), arguments)


def execution_of(row: CallRow) -> ToolExecution:
    """A journal entry."""
    with readable("tool call", row.call_id):
        return ToolExecution(**{**row._asdict(), "arguments": to_object(row.arguments), "failed": bool(row.failed)})


def _message_of(row: MessageRow) -> Message:
    return Message(
        role=row.role,
        content=row.content,
        tool_calls=[ToolCall.from_dict(call) for call in json.loads(row.tool_calls)] if row.tool_calls else [],
        tool_call_id=row.tool_call_id,
        tool_name=row.tool_name,
        run_id=row.run_id,
        author=row.author,
        created_at=row.created_at,
        message_id=row.message_id,
        provider_items=json.loads(row.provider_items) if row.provider_items else [],
        reasoning=row.reasoning,
    )


def _optional_text(text: str | None) -> str | None:
    return None if text is None else storable(text)
