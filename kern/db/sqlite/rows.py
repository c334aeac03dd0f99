"""Records to rows and back: what all of them share, sessions and runs.

A row read is a named tuple, and the statement that reads it asks for the tuple's fields, so that no place can be confused.
A JSON column is the empty text where there is nothing to keep, so that reading a plain message parses nothing.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, get_args

from kern.db.base import Db
from kern.errors import CorruptRecordError
from kern.records.run import RunMetrics, RunOutput, Status
from kern.session import AgentSession, NameSource, SessionKind, TeamSession
from kern.validation.json_values import storable_json
from kern.validation.text import storable

log = logging.getLogger("kern.db")
Values = tuple[Any, ...]

_METRICS = tuple(RunMetrics.__dataclass_fields__)
_STATUSES = get_args(Status)
#: Unreadable rows are reported once; so many reports at most.
_MOST_REPORTED = 1_000
_reported: set[str] = set()
#: What JSON has of NUL, of half and whole pairs of surrogates, and of numbers without end.
_PERHAPS_ODD = re.compile(r"\\u(?:0000|d[89a-f])|NaN|Infinity")


class SessionRow(NamedTuple):
    """A row of `sessions`."""

    session_id: str
    user_id: str | None
    kind: SessionKind
    agent_id: str
    name: str | None
    name_source: NameSource | None
    name_version: int
    created_at: float
    updated_at: float


class RunRow(NamedTuple):
    """A row of `runs`."""

    session_id: str
    run_id: str
    user_id: str | None
    agent_id: str
    agent_name: str
    model: str
    parent_run_id: str | None
    parent_call_id: str | None
    status: Status
    content: str
    metrics: str
    error: str
    permanent_error: int
    created_at: float
    updated_at: float
    root_run_id: str
    lease_until: float | None
    refused: int


def columns(row: type[tuple[Any, ...]]) -> str:
    """The fields of a row's type, as a statement names them."""
    return ", ".join(getattr(row, "_fields"))  # noqa: B009 - every type here is a named tuple


def insert(table: str, names: str) -> tuple[str, ...]:
    """The parts of a statement that inserts one row with these columns."""
    places = ", ".join("?" for _ in names.split(", "))
    return "INSERT INTO", table, f"({names})", "VALUES", f"({places})"


def to_json(value: Any) -> str:
    """`value` as JSON, its texts as every database stores them; what JSON does not know (dates, endless numbers) is text."""
    text = json.dumps(value, default=str)
    # Most values have nothing of that kind, and are not walked through.
    return json.dumps(storable_json(value)) if _PERHAPS_ODD.search(text) else text


def to_optional_json(value: Any) -> str:
    """Return the value as `to_json` does; the empty text for `None`."""
    return "" if value is None else to_json(value)


def to_object(text: str) -> dict[str, Any]:
    """A JSON object. Raises `ValueError` for other JSON, too."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"an object was expected, not {text[:40]!r}")
    return value


@contextmanager
def readable(kind: str, key: object) -> Iterator[None]:
    """Reading one row. Raises `CorruptRecordError` where something else is stored than the library writes."""
    try:
        yield
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise CorruptRecordError(f"the {kind} {key} cannot be read: {type(error).__name__}: {error}") from error


def report_once(problem: str) -> None:
    """Log what cannot be read, once a process."""
    if problem not in _reported and len(_reported) < _MOST_REPORTED:
        _reported.add(problem)
        log.error("%s", problem)


def metrics_to_json(metrics: RunMetrics) -> str:
    """The metrics as JSON; `asdict` would cost as much as the insert."""
    return json.dumps({name: getattr(metrics, name) for name in _METRICS})


def session_of(row: SessionRow, db: Db) -> AgentSession:
    """A session, or a `TeamSession`, that reads its runs and messages from `db`."""
    return (TeamSession if row.kind == "team" else AgentSession)(
        session_id=row.session_id,
        db=db,
        user_id=row.user_id,
        name=row.name,
        name_source=row.name_source,
        name_version=row.name_version,
        kind=row.kind,
        agent_id=row.agent_id,
        created_at=_moment(row.created_at),
        updated_at=_moment(row.updated_at),
    )


def run_values(run: RunOutput, root_run_id: str) -> Values:
    """A run's columns as it begins (it begins running), in the order of the statement that inserts it."""
    return (
        run.run_id,
        run.session_id,
        root_run_id,
        run.parent_run_id,
        run.parent_call_id,
        run.user_id,
        run.agent_id,
        storable(run.agent_name),
        storable(run.model),
        storable(run.content),
        metrics_to_json(run.metrics),
        storable(run.error),
        run.permanent_error,
        run.created_at,
        run.updated_at,
    )


def run_of(row: RunRow) -> RunOutput:
    """A run without its messages, journal, requirements and members."""
    with readable("run", row.run_id):
        if row.status not in _STATUSES:
            raise ValueError(f"its status is {row.status!r}")
        return _run_of(row)


def unread_run(row: RunRow, problem: Exception) -> RunOutput:
    """A run that cannot be read, as failed with why."""
    run = RunOutput(row.session_id, row.run_id, status="error", error=str(problem))
    run.created_at, run.updated_at = _moment(row.created_at), _moment(row.updated_at)
    return run


def _run_of(row: RunRow) -> RunOutput:
    return RunOutput(
        session_id=row.session_id,
        run_id=row.run_id,
        user_id=row.user_id,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        model=row.model,
        parent_run_id=row.parent_run_id,
        parent_call_id=row.parent_call_id,
        status=row.status,
        content=row.content,
        metrics=RunMetrics(**{name: value for name, value in to_object(row.metrics).items() if name in _METRICS}),
        error=row.error,
        permanent_error=bool(row.permanent_error),
        created_at=row.created_at,
        updated_at=row.updated_at,
        refused=bool(row.refused),
    )


def _moment(stored: object) -> float:
    """A stored time; 0 where the column has something else."""
    return stored if isinstance(stored, float) else 0.0
