"""Storage in one SQLite file, for one machine and any number of its threads and processes.

This class says which transaction each request is; what is written and read stands in its siblings:
`sessions`, `runs` (changes of state), `steps` (a run at work) and `reading`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from kern.db.base import Claim, Signal
from kern.db.places import place, place_of
from kern.db.sqlite import reading, runs, sessions, steps
from kern.db.sqlite.connection import Connections
from kern.db.sqlite.rows import session_of
from kern.naming import FREE, NamingConstraints
from kern.records.message import Message, Role
from kern.records.requirement import Requirement
from kern.records.requirement import Status as RequirementStatus
from kern.records.run import RunMetrics, RunOutput, Status
from kern.session import AgentSession, NameSource, SessionKind, SessionOrder, SessionPage
from kern.validation.inputs import checked_id, must_be_count, must_be_counts, optional_id

__all__ = [
    "MEMORY",
    "SqliteDb",
]

MEMORY = ":memory:"


class SqliteDb:
    """The `Db` of kern.db.base on SQLite (see there for what each method promises and raises).

    `db_file` is created with its folders at the first use, not before; `":memory:"` keeps everything in this process.
    `busy_timeout` is how many seconds a writer waits for another process before `StorageError`. A file that is no database,
    another program's or a newer version's raises `StorageVersionError` and is left as it is.
    """

    def __init__(self, db_file: str | os.PathLike[str] = "tmp/agent.db", *, busy_timeout: float = 30.0) -> None:
        # Absolute from the start: a later change of the working directory must not lead to another file.
        self.path = None if str(db_file) == MEMORY else Path(db_file).expanduser().absolute()
        self._connections = Connections(self.path, busy_timeout)

    def __repr__(self) -> str:
        return f"SqliteDb({str(self.path or MEMORY)!r})"

    def close(self) -> None:
        """Close this process's connections. They open again by themselves; only a `:memory:` database is gone."""
        self._connections.close()

    # Sessions and their names -----------------------------------------------------------------------------------------

    def read_session(self, session_id: str) -> AgentSession | None:
        key = checked_id(session_id, "session_id")
        with self._connections.reading() as connection:
            row = sessions.read(connection, key)
        return session_of(row, self) if row else None

    def list_sessions(
        self,
        user_id: str | None = None,
        *,
        limit: int = 50,
        before: float | str | None = None,
        order: SessionOrder = "used",
    ) -> SessionPage:
        must_be_count("limit", limit)
        user, begins = optional_id(user_id, "user_id"), place_of(before, order)
        with self._connections.reading() as connection:
            rows = sessions.page(connection, user, limit + 1, begins, order)
        found = [(session_of(row, self), place(row.updated_at, number, order)) for row, number in rows]
        return SessionPage.of(found, limit, before)

    def rename_session(
        self, session_id: str, name: str, source: NameSource, *, expected_version: int | None = None
    ) -> AgentSession | None:
        key = checked_id(session_id, "session_id")
        with self._connections.writing() as connection:
            row = sessions.rename(connection, key, name, source, expected_version)
        return session_of(row, self) if row else None

    def naming_constraints(self, session_id: str) -> NamingConstraints:  # noqa: ARG002 - the same for every session
        return FREE

    def delete_session(self, session_id: str) -> bool:
        key = checked_id(session_id, "session_id")
        with self._connections.writing() as connection:
            return sessions.delete(connection, key)

    # Runs: open, claim, end -------------------------------------------------------------------------------------------

    def open_run(self, run: RunOutput, claim: Claim, *, kind: SessionKind) -> AgentSession:
        run.check_ids()
        with self._connections.writing() as connection:
            row, previous_run_id = runs.open_run(connection, run, claim, kind)
        session = session_of(row, self)
        session.previous_run_id = previous_run_id
        return session

    def answer_run(self, run_id: str, answers: Sequence[Requirement]) -> None:
        with self._connections.writing() as connection:
            runs.answer_run(connection, run_id, answers)

    def claim_run(self, claim: Claim) -> RunOutput | None:
        with self._connections.writing() as connection:
            return reading.load_run(connection, claim.run_id) if runs.claim_run(connection, claim) else None

    def renew(self, claim: Claim) -> Signal:
        with self._connections.writing() as connection:
            return runs.renew(connection, claim)

    def look(self, claims: Sequence[Claim]) -> list[Signal]:
        with self._connections.reading() as connection:
            return [runs.look(connection, claim) for claim in claims]

    def release(self) -> None:
        """Do nothing: a connection to a file blocks no other, and ends with its thread."""

    def cancel_run(self, run_id: str) -> bool:
        with self._connections.writing() as connection:
            return runs.cancel_run(connection, run_id)

    def pause_run(self, claim: Claim, requirements: Sequence[Requirement], metrics: RunMetrics) -> None:
        with self._connections.writing() as connection:
            runs.pause_run(connection, claim, requirements, metrics)

    def finish_run(self, claim: Claim, run: RunOutput, answer: Message | None = None) -> Status:
        with self._connections.writing() as connection:
            return runs.finish_run(connection, claim, run, answer)

    # Steps of a run ---------------------------------------------------------------------------------------------------

    def open_member_run(self, claim: Claim, run: RunOutput) -> None:
        with self._connections.writing() as connection:
            steps.open_member_run(connection, claim, run)

    def store_answer(self, claim: Claim, message: Message, metrics: RunMetrics) -> None:
        with self._connections.writing() as connection:
            steps.store_answer(connection, claim, message, metrics)

    def append_message(self, claim: Claim, message: Message) -> None:
        with self._connections.writing() as connection:
            steps.append_message(connection, claim, message)

    def start_call(
        self, claim: Claim, run_id: str, call_id: str, arguments: dict[str, object], *, requirement_id: str | None = None
    ) -> bool:
        with self._connections.writing() as connection:
            if requirement_id is None:
                return steps.start_call(connection, claim, run_id, call_id, arguments)
            return steps.start_call_again(connection, claim, run_id, call_id, arguments, requirement_id)

    def finish_call(
        self,
        claim: Claim,
        output: Message,
        *,
        failed: bool,
        requirement_id: str | None = None,
        requirement_status: RequirementStatus | None = None,
    ) -> None:
        with self._connections.writing() as connection:
            steps.finish_call(connection, claim, output, failed)
            if requirement_id is not None and requirement_status is not None:
                steps.settle_requirement(connection, claim, requirement_id, requirement_status)

    # Reading ----------------------------------------------------------------------------------------------------------

    def load_run(self, run_id: str) -> RunOutput | None:
        with self._connections.reading() as connection:
            return reading.load_run(connection, run_id)

    def runs(self, session_id: str, *, last_n: int | None = None) -> list[RunOutput]:
        must_be_counts(last_n=last_n)
        with self._connections.reading() as connection:
            return reading.runs(connection, checked_id(session_id, "session_id"), last_n)

    def history(self, session_id: str, *, before_run_id: str, last_n_runs: int) -> list[Message]:
        with self._connections.reading() as connection:
            return reading.history(connection, checked_id(session_id, "session_id"), before_run_id, last_n_runs)

    def messages(
        self,
        session_id: str,
        *,
        last_n_runs: int | None = None,
        limit: int | None = None,
        before: str | None = None,
        roles: Sequence[Role] | None = None,
        members: bool = True,
    ) -> list[Message]:
        must_be_counts(last_n_runs=last_n_runs, limit=limit)
        with self._connections.reading() as connection:
            return reading.messages(
                connection, checked_id(session_id, "session_id"), last_n_runs, limit, before, roles, members
            )

    def opening(self, session_id: str, limit: int = 6) -> list[Message]:
        must_be_counts(limit=limit)
        with self._connections.reading() as connection:
            return reading.opening(connection, checked_id(session_id, "session_id"), limit)
