"""Reading runs and messages. Every statement finds its rows by an index; none walks a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from kern.db.sqlite.connection import Connection
from kern.db.sqlite.requirement_rows import RequirementRow, requirement_of
from kern.db.sqlite.rows import RunRow, columns, report_once, run_of, unread_run
from kern.db.sqlite.runs import REQUIREMENTS
from kern.db.sqlite.step_rows import CallRow, MessageRow, execution_of, message_of, said_of
from kern.errors import CorruptRecordError
from kern.records.history import since_refusals, without_refused
from kern.records.message import Message, Role
from kern.records.outcomes import open_outputs, with_outputs
from kern.records.run import RunOutput

INTERRUPTED = "interrupted: the process that worked on this run stopped before it ended"

_ROOT = "SELECT root_run_id FROM runs WHERE run_id = ?"
_ROOTS = "SELECT run_id FROM runs WHERE session_id = ? AND parent_run_id IS NULL ORDER BY id DESC LIMIT ?"
_OF_ROOTS = "WHERE root_run_id IN (SELECT value FROM json_each(?)) ORDER BY id"
_OF_RUNS = "WHERE run_id IN (SELECT value FROM json_each(?)) ORDER BY id"
_RUNS = " ".join(("SELECT", columns(RunRow), "FROM runs", _OF_ROOTS))
_MESSAGES_OF_RUNS = " ".join(("SELECT", columns(MessageRow), "FROM messages", _OF_RUNS))
_CALLS_OF_RUNS = " ".join(("SELECT", columns(CallRow), "FROM tool_calls", _OF_RUNS))
_REQUIREMENTS_OF_ROOTS = " ".join((REQUIREMENTS, _OF_ROOTS))
# Provider items and thinking never leave their run, so they are not read here.
_KEPT_TO_THE_RUN = "provider_items, reasoning"
_MESSAGES = " ".join(("SELECT", columns(MessageRow).replace(_KEPT_TO_THE_RUN, "'', ''"), "FROM messages"))
_WINDOW = """SELECT run_id, refused FROM runs WHERE session_id = ? AND parent_run_id IS NULL
    AND id < coalesce((SELECT id FROM runs WHERE run_id = ?), 9223372036854775807) ORDER BY id DESC LIMIT ?"""
_OF_WINDOW = "WHERE run_id IN (SELECT value FROM json_each(?)) AND role <> 'system' ORDER BY id"
_HISTORY = f"{_MESSAGES} {_OF_WINDOW}"
_CALLED = """SELECT run_id, tool_name FROM tool_calls WHERE run_id IN (SELECT value FROM json_each(?))
    AND status <> 'proposed' ORDER BY id"""
_OF_SESSION = "WHERE session_id = ?"
_OF_NEWEST_RUNS = """WHERE run_id IN (SELECT run_id FROM runs WHERE root_run_id IN
    (SELECT run_id FROM runs WHERE session_id = ? AND parent_run_id IS NULL ORDER BY id DESC LIMIT ?))"""
_WITHOUT_MEMBERS = """AND EXISTS (SELECT 1 FROM runs
    WHERE runs.run_id = messages.run_id AND runs.parent_run_id IS NULL)"""
_BEFORE = "AND id < (SELECT id FROM messages WHERE message_id = ? AND session_id = ?)"
_WITH_ROLES = "AND role IN (SELECT value FROM json_each(?))"
_NEWEST_FIRST = "ORDER BY id DESC LIMIT ?"
_WITH_WORDS = "AND role IN ('user', 'assistant') AND content <> ''"
_TAKEN_BY_SERVERS = """AND EXISTS (SELECT 1 FROM runs
    WHERE runs.run_id = messages.run_id AND runs.parent_run_id IS NULL AND NOT runs.refused)"""
_OPENING = " ".join((_MESSAGES, _OF_SESSION, _WITH_WORDS, _TAKEN_BY_SERVERS, "ORDER BY id LIMIT ?"))
_ALL = -1


def load_run(connection: Connection, run_id: str) -> RunOutput | None:
    """The run with everything below it, or `None`."""
    row = connection.execute(_ROOT, (run_id,)).fetchone()
    return None if row is None else _load(connection, [row[0]]).get(run_id)


def runs(connection: Connection, session_id: str, last_n: int | None) -> list[RunOutput]:
    """The session's runs without a parent, oldest first."""
    roots = [row[0] for row in connection.execute(_ROOTS, (session_id, _ALL if last_n is None else last_n))]
    return _each(connection, roots[::-1])


def _each(connection: Connection, roots: list[str]) -> list[RunOutput]:
    """The runs in their order; one that cannot be read is there as failed, with why, and the others are whole."""
    try:
        loaded = _load(connection, roots)
        return [loaded[run_id] for run_id in roots]
    except CorruptRecordError as problem:
        if len(roots) > 1:
            return [run for run_id in roots for run in _each(connection, [run_id])]
        report_once(str(problem))
        rows = map(RunRow._make, connection.execute(_RUNS, (json.dumps(roots),)).fetchall())
        return [unread_run(next(row for row in rows if row.run_id == roots[0]), problem)]


def history(connection: Connection, session_id: str, before_run_id: str, last_n_runs: int) -> list[Message]:
    """The messages of the window of runs before this one, oldest first, a line in place of each that a server refused.

    Calls that their run's end left without an output have what is known of them.
    """
    window = connection.execute(_WINDOW, (session_id, before_run_id, last_n_runs)).fetchall()[::-1]
    window = window[since_refusals([refused for _, refused in window]) :]
    said = _said(connection, _HISTORY, (json.dumps([run_id for run_id, _ in window]),))
    read = list(with_outputs(said, _open_outputs(connection, said)))
    refused = [run_id for run_id, refused in window if refused]
    return without_refused(read, _tools_called(connection, refused)) if refused else read


def _tools_called(connection: Connection, run_ids: list[str]) -> dict[str, list[str]]:
    called: dict[str, list[str]] = {run_id: [] for run_id in run_ids}
    for run_id, tool_name in connection.execute(_CALLED, (json.dumps(run_ids),)):
        called[run_id].append(tool_name)
    return called


def _open_outputs(connection: Connection, said: list[Message]) -> dict[tuple[str | None, str], str]:
    """Return the known state of calls without an output, by run id and call id. Hardly any run has some."""
    answered = {(message.run_id, message.tool_call_id) for message in said if message.role == "tool"}
    made = ((message.run_id, call.id) for message in said for call in message.tool_calls)
    cut_off = {run_id for run_id, call_id in made if run_id is not None and (run_id, call_id) not in answered}
    if not cut_off:
        return {}
    ended = [run for run in _each(connection, sorted(cut_off)) if not run.is_active]
    return {(run.run_id, call_id): text for run in ended for call_id, text in open_outputs(run).items()}


def messages(
    connection: Connection,
    session_id: str,
    last_n_runs: int | None,
    limit: int | None,
    before: str | None,
    roles: Sequence[Role] | None,
    members: bool,
) -> list[Message]:
    """The session's messages after the filters, oldest first."""
    parts = [_MESSAGES, _OF_SESSION if last_n_runs is None else _OF_NEWEST_RUNS]
    values: list[str | int] = [session_id]
    if last_n_runs is not None:
        values.append(last_n_runs)
    if before is not None:
        parts.append(_BEFORE)
        values += [before, session_id]
    if roles is not None:
        parts.append(_WITH_ROLES)
        values.append(json.dumps(list(roles)))
    if not members:
        parts.append(_WITHOUT_MEMBERS)
    statement = " ".join((*parts, _NEWEST_FIRST))
    newest_first = connection.execute(statement, (*values, _ALL if limit is None else limit)).fetchall()
    return [said_of(MessageRow._make(row)) for row in reversed(newest_first)]


def opening(connection: Connection, session_id: str, limit: int) -> list[Message]:
    """The first messages with words, oldest first; the walk along the session's index ends with the last one."""
    return _said(connection, _OPENING, (session_id, limit))


def _load(connection: Connection, root_run_ids: list[str]) -> dict[str, RunOutput]:
    """All runs of these trees by id, put together; as many statements for one tree as for a thousand.

    Raises `CorruptRecordError`.
    """
    try:
        return _put_together(connection, root_run_ids)
    except KeyError as missing:
        raise CorruptRecordError(f"something belongs to run {missing}, which is not there") from missing


def _put_together(connection: Connection, root_run_ids: list[str]) -> dict[str, RunOutput]:
    roots = json.dumps(root_run_ids)
    rows = list(map(RunRow._make, connection.execute(_RUNS, (roots,))))
    loaded = {row.run_id: run_of(row) for row in rows}
    _mark_interrupted(connection, loaded, rows)
    ids = json.dumps(list(loaded))
    for message in map(MessageRow._make, connection.execute(_MESSAGES_OF_RUNS, (ids,))):
        loaded[message.run_id].messages.append(message_of(message))
    for call in map(CallRow._make, connection.execute(_CALLS_OF_RUNS, (ids,))):
        loaded[call.run_id].tools.append(execution_of(call))
    for asked in map(RequirementRow._make, connection.execute(_REQUIREMENTS_OF_ROOTS, (roots,))):
        requirement = requirement_of(asked, connection.shift())
        for run in _upwards(loaded, asked.run_id):
            run.requirements.append(requirement)
    for run in loaded.values():
        if run.parent_run_id is not None:
            loaded[run.parent_run_id].member_runs.append(run)
    return loaded


def _mark_interrupted(connection: Connection, loaded: dict[str, RunOutput], rows: Iterable[RunRow]) -> None:
    """A tree whose worker let the lease run out reads as failed, all of it that had not ended."""
    now = connection.now()
    dead = {row.run_id for row in rows if row.status == "running" and row.lease_until is not None and row.lease_until <= now}
    if not dead:
        return
    for row in rows:
        run = loaded[row.run_id]
        if row.root_run_id in dead and run.is_active:
            run.status, run.error = "error", INTERRUPTED


def _said(connection: Connection, statement: str, values: Sequence[object]) -> list[Message]:
    return [said_of(MessageRow._make(row)) for row in connection.execute(statement, values)]


def _upwards(loaded: dict[str, RunOutput], run_id: str) -> Iterable[RunOutput]:
    run: RunOutput | None = loaded[run_id]
    while run is not None:
        yield run
        run = loaded[run.parent_run_id] if run.parent_run_id is not None else None
