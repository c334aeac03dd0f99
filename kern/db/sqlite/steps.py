"""Steps of a run at work. Each checks, in its caller's transaction, that the worker still holds the run."""

from __future__ import annotations

from kern.db.base import Claim
from kern.db.sqlite.connection import Connection
from kern.db.sqlite.rows import columns, insert, metrics_to_json, run_values, to_json
from kern.db.sqlite.step_rows import MessageRow, message_row, proposed_call_values
from kern.errors import LeaseLostError
from kern.records.message import Message
from kern.records.requirement import Status as RequirementStatus
from kern.records.run import RunMetrics, RunOutput

_HELD = """SELECT root.session_id FROM runs AS root JOIN runs AS step ON step.run_id = ? AND step.root_run_id = root.run_id
    WHERE root.run_id = ? AND root.status = 'running' AND root.lease_owner = ?"""
_INSERT_RUN = """INSERT INTO runs (run_id, session_id, root_run_id, parent_run_id, parent_call_id, user_id, agent_id,
    agent_name, model, content, metrics, error, permanent_error, created_at, updated_at, status, lease_owner, lease_until)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, ?)"""
_INSERT_MESSAGE = " ".join(insert("messages", f"session_id, {columns(MessageRow)}"))
_PROPOSE = "INSERT INTO tool_calls (run_id, call_id, tool_name, arguments, status) VALUES (?, ?, ?, ?, 'proposed')"
_START = """UPDATE tool_calls SET status = 'started', arguments = ?, worker = ?, started_at = ?
    WHERE run_id = ? AND call_id = ? AND status = 'proposed'"""
_START_AGAIN = """UPDATE tool_calls SET status = 'started', arguments = ?, worker = ?, started_at = ?
    WHERE run_id = ? AND call_id = ? AND status <> 'finished' AND EXISTS (SELECT 1 FROM requirements
        WHERE requirement_id = ? AND run_id = tool_calls.run_id AND call_id = tool_calls.call_id AND status = 'approved')"""
_FINISH = """INSERT INTO tool_calls (run_id, call_id, tool_name, arguments, status, result, failed, worker, finished_at)
    VALUES (?, ?, ?, '{}', 'finished', ?, ?, ?, ?)
    ON CONFLICT (run_id, call_id) DO UPDATE SET status = 'finished', result = excluded.result, failed = excluded.failed,
        finished_at = excluded.finished_at WHERE status <> 'finished'"""
_SET_REQUIREMENT = "UPDATE requirements SET status = ? WHERE requirement_id = ? AND root_run_id = ?"
_SET_METRICS = "UPDATE runs SET metrics = ?, updated_at = ? WHERE run_id = ?"


def check_claim(connection: Connection, claim: Claim, run_id: str | None = None) -> str:
    """The session of the claimed run; `run_id` is the run of its tree that is written to.

    Raises `LeaseLostError` when the claim is not, or no longer, good for that.
    """
    row = connection.execute(_HELD, (run_id or claim.run_id, claim.run_id, claim.owner)).fetchone()
    if row is None:
        raise LeaseLostError(f"run {claim.run_id} is no longer this worker's; nothing was written")
    return str(row[0])


def insert_run(connection: Connection, run: RunOutput, root: Claim, *, leased: bool) -> None:
    """Store a run as running, with its messages; only a run without a parent has a lease of its own."""
    lease = (root.owner, connection.now() + root.lease) if leased else (None, None)
    connection.execute(_INSERT_RUN, run_values(run, root.run_id) + lease)
    connection.executemany(_INSERT_MESSAGE, [(run.session_id, *message_row(message, run.run_id)) for message in run.messages])


def open_member_run(connection: Connection, claim: Claim, run: RunOutput) -> None:
    """Store a member's run below its parent."""
    check_claim(connection, claim, run.parent_run_id)
    insert_run(connection, run, claim, leased=False)


def append_message(connection: Connection, claim: Claim, message: Message) -> None:
    """Append one message of one run of the claimed tree."""
    session_id = check_claim(connection, claim, message.run_id)
    connection.execute(_INSERT_MESSAGE, (session_id, *message_row(message, message.run_id or claim.run_id)))


def store_answer(connection: Connection, claim: Claim, message: Message, metrics: RunMetrics) -> None:
    """Append the model's answer, journal its calls as proposed, keep the run's metrics."""
    append_message(connection, claim, message)
    run_id = message.run_id or claim.run_id
    connection.executemany(_PROPOSE, [proposed_call_values(run_id, call) for call in message.tool_calls])
    connection.execute(_SET_METRICS, (metrics_to_json(metrics), connection.now(), run_id))


def start_call(connection: Connection, claim: Claim, run_id: str, call_id: str, arguments: dict[str, object]) -> bool:
    """Proposed → started; false when it was not proposed, or started before."""
    check_claim(connection, claim, run_id)
    return connection.execute(_START, (to_json(arguments), claim.worker, connection.now(), run_id, call_id)).rowcount == 1


def start_call_again(
    connection: Connection, claim: Claim, run_id: str, call_id: str, arguments: dict[str, object], requirement_id: str
) -> bool:
    """Start an uncertain call once more, using up the person's approval; false when that was used before."""
    check_claim(connection, claim, run_id)
    values = (to_json(arguments), claim.worker, connection.now(), run_id, call_id, requirement_id)
    if connection.execute(_START_AGAIN, values).rowcount != 1:
        return False
    settle_requirement(connection, claim, requirement_id, "executed")
    return True


def finish_call(connection: Connection, claim: Claim, output: Message, failed: bool) -> None:
    """Journal the call as finished and append its output; a call that is finished already keeps its one output."""
    check_claim(connection, claim, output.run_id)
    run_id = output.run_id or claim.run_id
    row = (run_id, output.tool_call_id, output.tool_name or "", output.content, failed, claim.worker, connection.now())
    if connection.execute(_FINISH, row).rowcount == 1:
        append_message(connection, claim, output)


def settle_requirement(connection: Connection, claim: Claim, requirement_id: str, status: RequirementStatus) -> None:
    """Set what became of the call a person had decided on."""
    connection.execute(_SET_REQUIREMENT, (status, requirement_id, claim.run_id))
