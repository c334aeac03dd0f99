"""A run's changes of state: open, answer, claim, renew, cancel, pause, finish. Each is one compare-and-set."""

from __future__ import annotations

from collections.abc import Sequence

from kern.db.base import Claim, Signal
from kern.db.sqlite import sessions
from kern.db.sqlite.connection import Connection
from kern.db.sqlite.requirement_rows import RequirementRow, answer_values, requirement_of, requirement_row
from kern.db.sqlite.rows import SessionRow, columns, insert, metrics_to_json
from kern.db.sqlite.steps import append_message, check_claim, insert_run
from kern.errors import RunNotContinuableError, RunNotFoundError, UnresolvedRequirementsError
from kern.records.conflicts import must_accept, must_agree
from kern.records.message import Message
from kern.records.requirement import Requirement
from kern.records.run import ACTIVE, RunMetrics, RunOutput, Status
from kern.session import SessionKind

REQUIREMENTS = " ".join(("SELECT", columns(RequirementRow), "FROM requirements"))
_REQUIREMENTS_OF_TURN = " ".join((REQUIREMENTS, "WHERE root_run_id = ? ORDER BY id"))
_NEWEST_ROOT = "SELECT run_id FROM runs WHERE session_id = ? AND parent_run_id IS NULL ORDER BY id DESC LIMIT 1"
_STATE = "SELECT status, root_run_id FROM runs WHERE run_id = ?"
_ROOT_STATE = """SELECT run_id, status, lease_until FROM runs
    WHERE run_id = (SELECT root_run_id FROM runs WHERE run_id = ?)"""
_ANSWER = """UPDATE requirements SET status = ?, edited_arguments = ?, note = ?, answer = ?, fields = ?, decided_at = ?,
    approved_by = ? WHERE requirement_id = ?"""
_REQUEUE = "UPDATE runs SET status = 'pending', updated_at = ? WHERE run_id = ?"
_CLAIM = """UPDATE runs SET status = 'running', lease_owner = ?, lease_until = ?, updated_at = ?
    WHERE run_id = ? AND status = 'pending' AND parent_run_id IS NULL"""
_RENEW = "UPDATE runs SET lease_until = ? WHERE run_id = ? AND status = 'running' AND lease_owner = ?"
_LOOK = "SELECT cancel_requested FROM runs WHERE run_id = ? AND status = 'running' AND lease_owner = ?"
_CANCEL_REQUESTED = "SELECT cancel_requested FROM runs WHERE run_id = ?"
_REQUEST_CANCEL = "UPDATE runs SET cancel_requested = 1 WHERE run_id = ?"
_INSERT_REQUIREMENT = " ".join((*insert("requirements", columns(RequirementRow)), "ON CONFLICT (requirement_id) DO NOTHING"))
_PAUSE = """UPDATE runs SET status = 'paused', metrics = ?, updated_at = ?, lease_owner = NULL, lease_until = NULL
    WHERE run_id = ?"""
_PAUSE_MEMBERS = """UPDATE runs SET status = 'paused', updated_at = ?
    WHERE root_run_id = ? AND parent_run_id IS NOT NULL AND status = 'running'"""
_FINISH = (
    """UPDATE runs SET content = ?, error = ?, permanent_error = ?, refused = ?, model = ?, metrics = ? WHERE run_id = ?"""
)
_END = """UPDATE runs SET status = ?, updated_at = ?, lease_owner = NULL, lease_until = NULL, cancel_requested = 0
    WHERE run_id = ?"""
_BELOW = """WITH RECURSIVE below (run_id) AS (
    SELECT run_id FROM runs WHERE parent_run_id = ?
    UNION ALL SELECT runs.run_id FROM below JOIN runs ON runs.parent_run_id = below.run_id)"""
_END_ACTIVE = """UPDATE runs SET status = ?, updated_at = ?
    WHERE run_id IN (SELECT run_id FROM below) AND status IN ('pending', 'running', 'paused')"""
_END_BELOW = f"{_BELOW} {_END_ACTIVE}"
_CANCEL_OPEN = """UPDATE requirements SET status = 'cancelled', decided_at = ?
    WHERE run_id IN (SELECT run_id FROM below UNION ALL SELECT ?) AND status = 'pending'"""
_CANCEL_REQUIREMENTS = f"{_BELOW} {_CANCEL_OPEN}"


def open_run(connection: Connection, run: RunOutput, claim: Claim, kind: SessionKind) -> tuple[SessionRow, str | None]:
    """Store the run and its messages under the claim; the session's row, and the run before this one."""
    session = sessions.ensure(connection, run, kind)
    previous = connection.execute(_NEWEST_ROOT, (run.session_id,)).fetchone()
    insert_run(connection, run, claim, leased=True)
    return session, previous and previous[0]


def answer_run(connection: Connection, run_id: str, answers: Sequence[Requirement]) -> None:
    """Paused → pending with every open requirement answered, or an error and nothing."""
    _must_be_paused(connection, run_id)
    given = {answer.requirement_id: answer for answer in answers if answer.is_resolved}
    rows = map(RequirementRow._make, connection.execute(_REQUIREMENTS_OF_TURN, (run_id,)))
    asked = [requirement_of(row, connection.shift()) for row in rows]
    must_agree(asked, answers)
    waiting = [item for item in asked if item.status == "pending"]
    unanswered = [item for item in waiting if item.requirement_id not in given]
    if unanswered:
        names = ", ".join(f"{item.tool_name} ({item.kind}, {item.requirement_id})" for item in unanswered)
        raise UnresolvedRequirementsError(f"run {run_id} still waits for: {names}", unanswered)
    for item in waiting:
        must_accept(item, given[item.requirement_id])
    now = connection.now()
    connection.executemany(_ANSWER, [answer_values(item, given[item.requirement_id], now) for item in waiting])
    connection.execute(_REQUEUE, (now, run_id))


def claim_run(connection: Connection, claim: Claim) -> bool:
    """Pending → running under the claim; whether it was won."""
    now = connection.now()
    return connection.execute(_CLAIM, (claim.owner, now + claim.lease, now, claim.run_id)).rowcount == 1


def renew(connection: Connection, claim: Claim) -> Signal:
    """Extend the lease, and tell what became of the run."""
    if connection.execute(_RENEW, (connection.now() + claim.lease, claim.run_id, claim.owner)).rowcount != 1:
        return "lost"
    return "cancelled" if _asked_to_stop(connection, claim.run_id) else "ok"


def look(connection: Connection, claim: Claim) -> Signal:
    """Return the run's signal, without extending the lease."""
    row = connection.execute(_LOOK, (claim.run_id, claim.owner)).fetchone()
    return "lost" if row is None else "cancelled" if row[0] else "ok"


def cancel_run(connection: Connection, run_id: str) -> bool:
    """End the turn, or ask its living worker to; a member's run stands for the whole turn."""
    row = connection.execute(_ROOT_STATE, (run_id,)).fetchone()
    if row is None:
        return False
    root_run_id, status, lease_until = row
    if status not in ACTIVE:
        return False
    if status == "running" and lease_until > connection.now():
        connection.execute(_REQUEST_CANCEL, (root_run_id,))
    else:
        _end(connection, root_run_id, "cancelled")
    return True


def pause_run(connection: Connection, claim: Claim, requirements: Sequence[Requirement], metrics: RunMetrics) -> None:
    """Change running → paused, without a claim. A run with a cancellation request is cancelled instead."""
    session_id = check_claim(connection, claim)
    now = connection.now()
    connection.executemany(_INSERT_REQUIREMENT, [requirement_row(item, connection.shift()) for item in requirements])
    asked_to_stop = _asked_to_stop(connection, claim.run_id)
    connection.execute(_PAUSE, (metrics_to_json(metrics), now, claim.run_id))
    connection.execute(_PAUSE_MEMBERS, (now, claim.run_id))
    if asked_to_stop:
        _end(connection, claim.run_id, "cancelled")
    sessions.used(connection, session_id)


def finish_run(connection: Connection, claim: Claim, run: RunOutput, answer: Message | None) -> Status:
    """Store the end of a run of the claimed tree, and its last message; how it ended."""
    if run.status in ACTIVE:
        raise ValueError(f"a run does not finish as {run.status}")
    session_id = check_claim(connection, claim, run.run_id)
    if answer is not None:
        append_message(connection, claim, answer)
    reasons = (run.error, run.permanent_error, run.refused)
    connection.execute(_FINISH, (run.content, *reasons, run.model, metrics_to_json(run.metrics), run.run_id))
    stopped = run.may_still_be_stopped and _asked_to_stop(connection, run.run_id)
    status: Status = "cancelled" if stopped else run.status
    _end(connection, run.run_id, status)
    sessions.used(connection, session_id)
    return status


def _end(connection: Connection, run_id: str, status: Status) -> None:
    now = connection.now()
    connection.execute(_END, (status, now, run_id))
    if status != "completed":
        connection.execute(_END_BELOW, (run_id, status, now))
        connection.execute(_CANCEL_REQUIREMENTS, (run_id, now, run_id))


def _asked_to_stop(connection: Connection, run_id: str) -> bool:
    return bool(connection.execute(_CANCEL_REQUESTED, (run_id,)).fetchone()[0])


def _must_be_paused(connection: Connection, run_id: str) -> None:
    row = connection.execute(_STATE, (run_id,)).fetchone()
    if row is None:
        raise RunNotFoundError(f"there is no run {run_id}")
    status, root_run_id = row
    if root_run_id != run_id:
        raise RunNotContinuableError(f"run {run_id} is a member's; continue run {root_run_id}")
    if status != "paused":
        raise RunNotContinuableError(f"run {run_id} is {status}, not paused")
