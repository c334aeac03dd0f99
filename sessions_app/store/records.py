"""Convert records of the library to rows and back; nowhere else."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from kern.errors import CorruptRecordError
from kern.records.message import Message, Role, ToolCall
from kern.records.policy import Policy
from kern.records.requirement import InputField, Kind, Reason, Requirement
from kern.records.requirement import Status as RequirementStatus
from kern.records.run import CallStatus, RunMetrics, RunOutput, Status, ToolExecution
from kern.session import AgentSession, NameSource, TeamSession
from kern.validation.json_values import storable_json
from kern.validation.text import storable
from sessions_app import models as rows
from sessions_app.infrastructure import clock

if TYPE_CHECKING:
    from kern.db.base import Db

_METRICS = tuple(RunMetrics.__dataclass_fields__)


def moment(seconds: float) -> datetime:
    """Convert seconds since 1970 to a point in time."""
    return datetime.fromtimestamp(seconds, UTC)


def seconds_of(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


# Sessions and runs ----------------------------------------------------------------------------------------------------


def session_of(row: rows.Session, db: Db) -> AgentSession:
    """Return a session, or a `TeamSession`, that reads its runs and messages from `db`.

    What only stands in for a name is a label of the inbox: for the library, such a session has none.
    """
    is_named = bool(row.name) and not row.has_stand_in
    return (TeamSession if row.kind == "team" else AgentSession)(
        session_id=row.session_id,
        db=db,
        user_id=row.user_id or None,
        name=row.name if is_named else None,
        name_source=cast(NameSource, row.name_source) if is_named else None,
        name_version=row.name_version,
        kind="team" if row.kind == "team" else "agent",
        agent_id=row.agent_id,
        created_at=row.created_at.timestamp(),
        updated_at=row.updated_at.timestamp(),
    )


def run_row(run: RunOutput, session: rows.Session, parent: rows.Run | None = None) -> rows.Run:
    """Return a run's unsaved row as it begins: running."""
    return rows.Run(
        run_id=run.run_id,
        session=session,
        parent=parent,
        parent_call_id=run.parent_call_id or "",
        user_id=run.user_id or "",
        agent_id=run.agent_id,
        agent_name=storable(run.agent_name),
        model=storable(run.model),
        status=rows.Run.Status.RUNNING,
        content=storable(run.content),
        metrics=metrics_row(run.metrics),
        created_at=moment(run.created_at),
        updated_at=moment(run.updated_at),
    )


def must_be_readable(row: rows.Row) -> None:
    """Raise `CorruptRecordError` for a row that has stand-ins: a turn that went on with them would do something else."""
    if row.broken:
        raise CorruptRecordError(f"the {row._meta.verbose_name} {row.pk}: {row.broken}")


def run_of(row: rows.Run, session: rows.Session) -> RunOutput:
    """Return a run without its messages, journal, requirements, parent and members. Raises `CorruptRecordError`."""
    must_be_readable(row)
    return RunOutput(
        session_id=session.session_id,
        run_id=row.run_id,
        user_id=row.user_id or session.user_id or None,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        model=row.model,
        parent_call_id=row.parent_call_id or None,
        status=cast(Status, row.status),
        content=row.content,
        metrics=metrics_of(row.metrics),
        error=row.error,
        permanent_error=row.permanent_error,
        refused=row.refused,
        created_at=row.created_at.timestamp(),
        updated_at=row.updated_at.timestamp(),
    )


def metrics_row(metrics: RunMetrics) -> dict[str, Any]:
    return {name: getattr(metrics, name) for name in _METRICS}


def metrics_of(stored: dict[str, Any]) -> RunMetrics:
    """Return the metrics; names that this version does not know are left out."""
    return RunMetrics(**{name: stored[name] for name in _METRICS if name in stored})


# Messages and the journal of tool calls -------------------------------------------------------------------------------


def message_of(row: rows.Message, run_id: str | None, *, within_run: bool = False) -> Message:
    """Return a message. Provider items and thinking stay in its run: only the run's loader has them.

    Raises `CorruptRecordError` within a run for a message that cannot be read; elsewhere its words are there as far as they go.
    """
    if within_run:
        must_be_readable(row)
    return Message(
        role=cast(Role, row.role),
        content=row.content,
        tool_calls=[ToolCall.from_dict(call) for call in row.tool_calls],
        tool_call_id=row.tool_call_id or None,
        tool_name=row.tool_name or None,
        run_id=run_id,
        author=row.author or None,
        created_at=row.created_at.timestamp(),
        message_id=row.message_id,
        provider_items=row.provider_items if within_run else [],
        reasoning=row.reasoning if within_run else "",
    )


def proposed_call_row(call: ToolCall, run: rows.Run) -> rows.ToolCall:
    """Return a journal line's unsaved row; arguments that are no JSON object stay in the message alone."""
    try:
        arguments = storable_json(call.parsed())
    except ValueError:
        arguments = {}
    return rows.ToolCall(run=run, call_id=call.id, tool_name=storable(call.name)[:200], arguments=arguments)


def execution_of(row: rows.ToolCall, run_id: str) -> ToolExecution:
    """Return a journal line. Raises `CorruptRecordError`."""
    must_be_readable(row)
    return ToolExecution(
        run_id=run_id,
        call_id=row.call_id,
        tool_name=row.tool_name,
        arguments=row.arguments,
        status=cast(CallStatus, row.status),
        result=row.result if row.status == rows.ToolCall.Status.FINISHED else None,
        failed=row.failed,
        worker=row.worker,
        started_at=seconds_of(row.started_at),
        finished_at=seconds_of(row.finished_at),
    )


# Requirements ---------------------------------------------------------------------------------------------------------


def requirement_row(item: Requirement, run: rows.Run, root: rows.Run) -> rows.Requirement:
    """A requirement's unsaved row; `run` asked, `root` is paused for it. `questions.put_terms` adds what the policy means."""
    return rows.Requirement(
        requirement_id=item.requirement_id,
        session_id=root.session_id,
        run=run,
        root=root,
        kind=item.kind,
        reason=item.reason,
        call_id=item.call_id,
        tool_name=storable(item.tool_name)[:200],
        agent_name=storable(item.agent_name)[:100],
        arguments=storable_json(item.arguments),
        edited_arguments=storable_json(item.edited_arguments),
        schema=storable_json(item.schema),
        fields=[storable_json(asdict(field)) for field in item.fields],
        question=storable(item.question),
        options=storable_json(item.options),
        multiple=item.multiple,
        status=item.status,
        note=storable(item.note),
        answer=storable_json(item.answer),
        # By this process's clock: its time runs from here.
        created_at=moment(item.created_at + clock.shift()),
        decided_at=moment(item.decided_at) if item.decided_at is not None else None,
    )


def requirement_of(row: rows.Requirement, run_id: str, root_run_id: str, session_id: str) -> Requirement:
    """Return a requirement with its answer, if it has one. Raises `CorruptRecordError`."""
    must_be_readable(row)
    return Requirement(
        requirement_id=row.requirement_id,
        run_id=run_id,
        root_run_id=root_run_id,
        session_id=session_id,
        kind=cast(Kind, row.kind),
        reason=cast(Reason, row.reason),
        call_id=row.call_id,
        tool_name=row.tool_name,
        agent_name=row.agent_name,
        arguments=row.arguments,
        edited_arguments=row.edited_arguments,
        schema=row.schema,
        fields=[InputField(**field) for field in row.fields],
        question=row.question,
        options=list(row.options),
        multiple=row.multiple,
        status=cast(RequirementStatus, row.status),
        note=row.note,
        answer=row.answer,
        created_at=row.created_at.timestamp(),
        decided_at=seconds_of(row.decided_at),
        policy=Policy.from_dict(row.policy),
        # The library judges by this process's clock.
        expires_at=None if row.expires_at is None else row.expires_at.timestamp() - clock.shift(),
    )


def requirement_record(row: rows.Requirement) -> Requirement:
    """Return the record of a requirement's row, for people's answers; select `session`, `run` and `root` with it."""
    return requirement_of(row, row.run.run_id, row.root.run_id, row.session.session_id)


def put_answer(row: rows.Requirement, answer: Requirement) -> None:
    """Copy the answer to a stored requirement: never its arguments, schema or fields, only values (rule L8)."""
    row.status = answer.status
    row.edited_arguments = storable_json(answer.edited_arguments)
    row.note = storable(answer.note)
    row.answer = storable_json(answer.answer)
    put_values(row, answer)
    row.decided_at = clock.now() if answer.decided_at is None else moment(answer.decided_at)


def put_values(row: rows.Requirement, answer: Requirement) -> None:
    """Copy the filled-in values to the fields of a stored requirement."""
    values = answer.answer if isinstance(answer.answer, dict) else {}
    row.fields = [{**field, "value": storable_json(values.get(field["name"], field.get("value")))} for field in row.fields]
