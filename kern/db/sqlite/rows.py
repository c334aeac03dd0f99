"""Records to rows and back. The order of each tuple is the order of the columns in the statements that use it.

A JSON column is the empty text where there is nothing to keep, so that reading a plain message parses nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

from kern.errors import CorruptRecordError
from kern.records.message import Message, ToolCall, storable
from kern.records.policy import Policy
from kern.records.requirement import InputField, Requirement
from kern.records.run import RunMetrics, RunOutput, Status, ToolExecution
from kern.session import AgentSession, TeamSession

if TYPE_CHECKING:
    from kern.db.base import Db

log = logging.getLogger("kern.db")
Row = tuple[Any, ...]

_METRICS = tuple(RunMetrics.__dataclass_fields__)
_STATUSES = get_args(Status)
#: What cannot be read is told once; so many of them, whatever happens.
_MOST_REPORTED = 1_000
_reported: set[str] = set()
#: Most tools have no policy of their own; theirs is stored as the empty text.
_PLAIN = Policy()


def to_json(value: Any) -> str:
    """`value` as JSON; values JSON does not know (dates a person filled in, say) become their text."""
    return json.dumps(value, default=str)


def metrics_to_json(metrics: RunMetrics) -> str:
    """The metrics as JSON; `asdict` would cost as much as the insert."""
    return json.dumps({name: getattr(metrics, name) for name in _METRICS})


def session_of(row: Row, db: Db) -> AgentSession:
    """A session, or a `TeamSession`, that reads its runs and messages from `db`."""
    session_id, user_id, kind, agent_id, name, name_source, name_version, created_at, updated_at = row
    return (TeamSession if kind == "team" else AgentSession)(
        session_id=session_id,
        db=db,
        user_id=user_id,
        name=name,
        name_source=name_source,
        name_version=name_version,
        kind=kind,
        agent_id=agent_id,
        created_at=created_at if isinstance(created_at, float) else 0.0,
        updated_at=updated_at if isinstance(updated_at, float) else 0.0,
    )


def run_row(run: RunOutput, root_run_id: str) -> Row:
    """A run's columns as it begins (it begins running)."""
    return (
        run.run_id,
        run.session_id,
        root_run_id,
        run.parent_run_id,
        run.parent_call_id,
        run.user_id,
        run.agent_id,
        run.agent_name,
        run.model,
        run.content,
        metrics_to_json(run.metrics),
        run.error,
        run.permanent_error,
        run.created_at,
        run.updated_at,
    )


def run_of(row: Row) -> RunOutput:
    """A run without its messages, journal, requirements and members."""
    with _readable("run", row[1]):
        if row[8] not in _STATUSES:
            raise ValueError(f"its status is {row[8]!r}")
        return _run_of(row)


def unread_run(row: Row, problem: Exception) -> RunOutput:
    """A run that cannot be read, as failed with why."""
    moments = [moment if isinstance(moment, float) else 0.0 for moment in row[13:15]]
    return RunOutput(row[0], row[1], status="error", error=str(problem), created_at=moments[0], updated_at=moments[1])


def _run_of(row: Row) -> RunOutput:
    return RunOutput(
        session_id=row[0],
        run_id=row[1],
        user_id=row[2],
        agent_id=row[3],
        agent_name=row[4],
        model=row[5],
        parent_run_id=row[6],
        parent_call_id=row[7],
        status=row[8],
        content=row[9],
        metrics=RunMetrics(**{name: value for name, value in _object(row[10]).items() if name in _METRICS}),
        error=row[11],
        permanent_error=bool(row[12]),
        created_at=row[13],
        updated_at=row[14],
        refused=bool(row[17]),
    )


def message_row(message: Message, session_id: str, run_id: str) -> Row:
    """A message's columns."""
    return (
        message.message_id,
        session_id,
        run_id,
        message.role,
        message.content,
        to_json([call.to_dict() for call in message.tool_calls]) if message.tool_calls else "",
        message.tool_call_id,
        message.tool_name,
        message.author,
        message.created_at,
        to_json(message.provider_items) if message.provider_items else "",
        storable(message.reasoning),
    )


@contextmanager
def _readable(kind: str, key: object) -> Iterator[None]:
    """Reading one row. Raises `CorruptRecordError` where something else is stored than the library writes."""
    try:
        yield
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise CorruptRecordError(f"the {kind} {key} cannot be read: {type(error).__name__}: {error}") from error


def said_of(row: Row) -> Message:
    """A message for people and for later turns: one that cannot be read whole has its words, as far as they go."""
    try:
        return message_of(row)
    except CorruptRecordError as problem:
        report_once(str(problem))
        message_id, run_id, role, content, *_ = row
        return Message(role=role, content=content if isinstance(content, str) else "", run_id=run_id, message_id=message_id)


def report_once(problem: str) -> None:
    """Log what cannot be read, once a process."""
    if problem not in _reported and len(_reported) < _MOST_REPORTED:
        _reported.add(problem)
        log.error("%s", problem)


def message_of(row: Row) -> Message:
    """A message; the provider's items and what was thought are there where the statement asked for them.

    This and its siblings raise `CorruptRecordError` for a row that cannot be read.
    """
    with _readable("message", row[0]):
        return _message_of(row)


def _message_of(row: Row) -> Message:
    message_id, run_id, role, content, tool_calls, tool_call_id, tool_name, author, created_at, provider_items, reasoning = row
    return Message(
        role=role,
        content=content,
        tool_calls=[ToolCall.from_dict(call) for call in json.loads(tool_calls)] if tool_calls else [],
        tool_call_id=tool_call_id,
        tool_name=tool_name,
        run_id=run_id,
        author=author,
        created_at=created_at,
        message_id=message_id,
        provider_items=json.loads(provider_items) if provider_items else [],
        reasoning=reasoning,
    )


def proposed_call_row(run_id: str, call: ToolCall) -> Row:
    """A journal entry's columns; arguments that are no JSON object stay in the message alone."""
    try:
        arguments = to_json(call.parsed())
    except ValueError:
        arguments = "{}"
    return (run_id, call.id, call.name, arguments)


def execution_of(row: Row) -> ToolExecution:
    """A journal entry."""
    with _readable("tool call", row[1]):
        return _execution_of(row)


def _execution_of(row: Row) -> ToolExecution:
    run_id, call_id, tool_name, arguments, status, result, failed, worker, started_at, finished_at = row
    return ToolExecution(
        run_id=run_id,
        call_id=call_id,
        tool_name=tool_name,
        arguments=_object(arguments),
        status=status,
        result=result,
        failed=bool(failed),
        worker=worker,
        started_at=started_at,
        finished_at=finished_at,
    )


def requirement_row(item: Requirement, shift: float = 0.0) -> Row:
    """A requirement's columns; rows have the time that all processes agree on, `shift` ahead of this one's."""
    return (
        item.requirement_id,
        item.run_id,
        item.root_run_id,
        item.session_id,
        item.call_id,
        item.kind,
        item.tool_name,
        to_json(item.arguments),
        to_json(item.schema),
        to_json([asdict(field) for field in item.fields]) if item.fields else "",
        item.question,
        to_json(item.options) if item.options else "",
        item.multiple,
        item.agent_name,
        item.reason,
        item.status,
        _optional(item.edited_arguments),
        storable(item.note),
        _optional(item.answer),
        item.created_at + shift,
        item.decided_at,
        "" if item.policy == _PLAIN else to_json(item.policy.to_dict()),
        None if item.expires_at is None else item.expires_at + shift,
        to_json(item.approved_by) if item.approved_by else "",
    )


def requirement_of(row: Row, shift: float = 0.0) -> Requirement:
    """A requirement with its answer, if it has one; its times are this process's, as its clock has them."""
    with _readable("requirement", row[0]):
        return _requirement_of(row, shift)


def _requirement_of(row: Row, shift: float) -> Requirement:
    return Requirement(
        requirement_id=row[0],
        run_id=row[1],
        root_run_id=row[2],
        session_id=row[3],
        call_id=row[4],
        kind=row[5],
        tool_name=row[6],
        arguments=_object(row[7]),
        schema=_object(row[8]),
        fields=[InputField(**field) for field in json.loads(row[9])] if row[9] else [],
        question=row[10],
        options=json.loads(row[11]) if row[11] else [],
        multiple=bool(row[12]),
        agent_name=row[13],
        reason=row[14],
        status=row[15],
        edited_arguments=_object(row[16]) if row[16] else None,
        note=row[17],
        answer=json.loads(row[18]) if row[18] else None,
        created_at=row[19] - shift,
        decided_at=row[20],
        policy=Policy.from_dict(json.loads(row[21])) if row[21] else _PLAIN,
        expires_at=None if row[22] is None else row[22] - shift,
        approved_by=json.loads(row[23]) if row[23] else [],
    )


def answer_row(stored: Requirement, answer: Requirement, now: float) -> Row:
    """What an answer may change of a stored requirement: never its arguments, schema or fields, only their values (rule L8)."""
    values = answer.answer if isinstance(answer.answer, dict) else {}
    for field in stored.fields:
        field.value = values.get(field.name, field.value)
    return (
        answer.status,
        _optional(answer.edited_arguments),
        storable(answer.note),
        _optional(answer.answer),
        to_json([asdict(field) for field in stored.fields]) if stored.fields else "",
        answer.decided_at or now,
        to_json(answer.approved_by) if answer.approved_by else "",
        stored.requirement_id,
    )


def _object(text: str) -> dict[str, Any]:
    """A JSON object. Raises `ValueError` for other JSON, too."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"an object was expected, not {text[:40]!r}")
    return value


def _optional(value: Any) -> str:
    return "" if value is None else to_json(value)
