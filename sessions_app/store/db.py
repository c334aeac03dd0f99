"""`DjangoDb`: the library's `Db` over the inbox's rows.

This class says which transaction each request is; what is written and read stands in its siblings: `sessions`, `runs` (open and
claim), `leases`, `steps` (a run at work), `pausing`, `finishing`, `ending`, `late` and `reading`. `records` alone knows how
records and rows correspond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kern.db.base import Claim, Signal
from kern.db.places import place, place_of
from kern.naming import FREE, NamingConstraints
from kern.records.message import Message, Role
from kern.records.requirement import Requirement
from kern.records.requirement import Status as RequirementStatus
from kern.records.run import RunMetrics, RunOutput, Status
from kern.session import AgentSession, NameSource, SessionKind, SessionOrder, SessionPage
from kern.validation.inputs import checked_id, must_be_count, optional_id
from sessions_app.models import Person
from sessions_app.policy import names
from sessions_app.store import ending, finishing, late, leases, pausing, reading, runs, sessions, steps
from sessions_app.store.claims import lost
from sessions_app.store.records import session_of
from sessions_app.store.transactions import reading as read
from sessions_app.store.transactions import release_connections
from sessions_app.store.transactions import writing as write


@dataclass(frozen=True)
class DjangoDb:
    """The `Db` of kern.db.base on Django's default database (see there for what each method promises and raises).

    Holds no state, so any thread and process makes its own, and all are equal. Called inside a transaction, it joins it. Every
    write records a change of the session, which open pages follow.
    """

    # Sessions and their names -----------------------------------------------------------------------------------------

    def read_session(self, session_id: str) -> AgentSession | None:
        key = checked_id(session_id, "session_id")
        with read():
            row = sessions.find(key)
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
        with read():
            rows = list(sessions.page(user, limit + 1, begins, order))
        found = [(session_of(row, self), place(row.updated_at.timestamp(), row.pk, order)) for row in rows]
        return SessionPage.of(found, limit, before)

    def rename_session(
        self,
        session_id: str,
        name: str,
        source: NameSource,
        *,
        expected_version: int | None = None,
        person: Person | None = None,
        note: str = "",
        cost: sessions.NameCost = sessions.FREE,
    ) -> AgentSession | None:
        """Rename as `Db.rename_session` does; the record of names also keeps the person, the cost and, for a stand-in, why.

        A locked name stays unless `source` is human or a `person` asked.

        Raises `InvalidSessionNameError` for a name that breaks a rule of the session's queue.
        """
        key = checked_id(session_id, "session_id")
        with write():
            row = sessions.rename(key, name, source, expected_version, person, note, cost)
        return session_of(row, self) if row else None

    def naming_constraints(self, session_id: str) -> NamingConstraints:
        """Return the rules of the session's queue for a generated name."""
        key = checked_id(session_id, "session_id")
        with read():
            row = sessions.find(key)
            return names.constraints_for(row) if row is not None else FREE

    def delete_session(self, session_id: str) -> bool:
        key = checked_id(session_id, "session_id")
        with write():
            return sessions.delete(key)

    # Runs: open, claim, end -------------------------------------------------------------------------------------------

    def open_run(self, run: RunOutput, claim: Claim, *, kind: SessionKind) -> AgentSession:
        run.check_ids()
        with write():
            row, previous_run_id = runs.open_run(run, claim, kind)
        session = session_of(row, self)
        session.previous_run_id = previous_run_id
        return session

    def answer_run(self, run_id: str, answers: Sequence[Requirement]) -> None:
        with write():
            pausing.answer_run(run_id, answers)

    def claim_run(self, claim: Claim) -> RunOutput | None:
        with write():
            return reading.load_run(claim.run_id) if runs.claim_run(claim) else None

    def renew(self, claim: Claim) -> Signal:
        """Renew as `Db.renew` does. Runs beside a model call, perhaps on a thread of its own, so it keeps no connection."""
        with read():
            signal = leases.renew(claim)
        release_connections()
        return signal

    def look(self, claims: Sequence[Claim]) -> list[Signal]:
        """Read the signals as `Db.look` does, with one query. Keeps no connection either."""
        with read():
            signals = leases.look(claims)
        release_connections()
        return signals

    def release(self) -> None:
        """Release connections as `Db.release` does. Inside a transaction they are kept."""
        release_connections()

    def cancel_run(self, run_id: str, *, person: Person | None = None) -> bool:
        """Cancel as `Db.cancel_run` does; `person` is the one who asked for it."""
        with write():
            return runs.cancel_run(run_id, person)

    def pause_run(self, claim: Claim, requirements: Sequence[Requirement], metrics: RunMetrics) -> None:
        with write():
            pausing.pause_run(claim, requirements, metrics)

    def finish_run(self, claim: Claim, run: RunOutput, answer: Message | None = None) -> Status:
        """Finish as `Db.finish_run` does. A turn's end also opens the next turn and makes naming due."""
        with write():
            return finishing.finish_run(claim, run, answer)

    def break_off(self, claim: Claim, status: Status, why: str = "") -> bool:
        """End a turn whose worker's thread hangs. Returns whether it was still the claim's."""
        with write():
            return ending.break_off(claim, status, why)

    def hand_over(self, claim: Claim) -> bool:
        """Give a running turn back, for another worker to take at once. Returns whether it was still the claim's."""
        with write():
            return leases.hand_over(claim)

    def fail_unread(self, run_id: str, error: str, *, only_pending: bool = False) -> bool:
        """End a turn with unreadable records as failed, without a claim; returns whether it was there and active."""
        with write():
            return ending.fail_unread(run_id, error, only_pending)

    def keep_words(self, claim: Claim, text: str) -> bool:
        """Store the partial answer of a turn that a person ended at once (took over): unsent, and once.

        Returns whether it was stored.
        """
        with write():
            return late.keep_words(claim, text)

    # Steps of a run ---------------------------------------------------------------------------------------------------

    def open_member_run(self, claim: Claim, run: RunOutput) -> None:
        with write():
            steps.open_member_run(claim, run)

    def store_answer(self, claim: Claim, message: Message, metrics: RunMetrics) -> None:
        with write():
            steps.store_answer(claim, message, metrics)

    def append_message(self, claim: Claim, message: Message) -> None:
        with write():
            steps.append_message(claim, message)

    def start_call(
        self, claim: Claim, run_id: str, call_id: str, arguments: dict[str, object], *, requirement_id: str | None = None
    ) -> bool:
        with write():
            return steps.start_call(claim, run_id, call_id, arguments, requirement_id)

    def finish_call(
        self,
        claim: Claim,
        output: Message,
        *,
        failed: bool,
        requirement_id: str | None = None,
        requirement_status: RequirementStatus | None = None,
    ) -> None:
        """Finish a call as `Db.finish_call` does, also when the turn was taken from the worker that had started the call.

        Then this raises `LeaseLostError` afterwards, and no other write of the turn is accepted.
        """
        with write():
            held = steps.finish_call(claim, output, failed)
            if requirement_id is not None and requirement_status is not None:
                steps.settle_requirement(held, requirement_id, requirement_status)
            if not held.ours:
                late.outcome_kept(held, output)
        if not held.ours:
            lost(claim)

    # Reading ----------------------------------------------------------------------------------------------------------

    def load_run(self, run_id: str) -> RunOutput | None:
        with read():
            return reading.load_run(run_id)

    def runs(self, session_id: str, *, last_n: int | None = None) -> list[RunOutput]:
        with read():
            return reading.runs(checked_id(session_id, "session_id"), last_n)

    def history(self, session_id: str, *, before_run_id: str, last_n_runs: int) -> list[Message]:
        with read():
            return reading.history(checked_id(session_id, "session_id"), before_run_id, last_n_runs)

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
        with read():
            return reading.messages(checked_id(session_id, "session_id"), last_n_runs, limit, before, roles, members)

    def opening(self, session_id: str, limit: int = 6) -> list[Message]:
        with read():
            return reading.opening(checked_id(session_id, "session_id"), limit)
