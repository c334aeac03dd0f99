"""The library's interface of a database. `SqliteDb` is one; the web application's `DjangoDb` is another.

Two rules hold for every implementation. Rows are appended, never a blob rewritten, so a turn costs the same for any length of
the session (rule L4). And the worker of a run holds a `Claim`; every write of the work checks the claim in the same transaction
and raises `LeaseLostError` when the run is no longer this worker's (cancelled, fenced off, or taken by another). All methods
raise `StorageError` when the database fails (rule L9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from kern.naming import NamingConstraints
from kern.records.message import Message, Role, new_id
from kern.records.requirement import Requirement
from kern.records.requirement import Status as RequirementStatus
from kern.records.run import RunMetrics, RunOutput, Status
from kern.session import AgentSession, NameSource, SessionKind, SessionOrder, SessionPage

Signal = Literal["ok", "cancelled", "lost"]


@dataclass(slots=True)
class Claim:
    """The right to work on one run without a parent, and on its members' runs.

    `owner` is unique a claim; `lease` is in seconds, renewed by `Db.renew` while the work goes on. `fence`, `worker`,
    `agent_name` and `model` (the agent and the model of a run that was opened without them) are for storages that use them.
    """

    run_id: str
    owner: str = field(default_factory=new_id)
    lease: float = 60.0
    fence: int = 0
    worker: str = ""
    agent_name: str = ""
    model: str = ""


class Db(Protocol):
    """Storage of sessions, runs, messages, tool calls and requirements.

    Ids of sessions and users are checked, and become text, as in `kern.validation.inputs.checked_id`; where the number of
    rows to read is an argument, what is no number or negative raises `InvalidInputError`.
    """

    # Sessions and their names -----------------------------------------------------------------------------------------

    def read_session(self, session_id: str) -> AgentSession | None:
        """Return the session (a `TeamSession` where its kind is team), or `None`."""
        ...

    def list_sessions(
        self,
        user_id: str | None = None,
        *,
        limit: int = 50,
        before: float | str | None = None,
        order: SessionOrder = "used",
    ) -> SessionPage:
        """Return sessions, last used first, or with `order="created"` newest first, an order in which nothing moves.

        `before` is the `next` of a page in the same order, or an `updated_at` (exclusive) where the last used come first.
        """
        ...

    def rename_session(
        self, session_id: str, name: str, source: NameSource, *, expected_version: int | None = None
    ) -> AgentSession | None:
        """Write the name column alone, and count `name_version` up (rule L5).

        With `expected_version`, write only if the session was not renamed since. Returns the session as it is afterwards,
        `None` if there is none. Raises `InvalidSessionNameError` for a name that an application's rules refuse.
        """
        ...

    def naming_constraints(self, session_id: str) -> NamingConstraints:
        """Return the rules for a generated name of the session: an application may have forbidden words, or other lengths."""
        ...

    def delete_session(self, session_id: str) -> bool:
        """Remove the session and all it holds. Returns whether there was one."""
        ...

    # Runs: open, claim, end -------------------------------------------------------------------------------------------

    def open_run(self, run: RunOutput, claim: Claim, *, kind: SessionKind) -> AgentSession:
        """Store the run as running under `claim`, with its messages (rule L10), in one transaction.

        A missing session is created. The returned session's `previous_run_id` names the newest run without a parent before this
        one. Raises `SessionOwnershipError` when the session is another user's (nothing is stored), `SessionBusyError` where
        the storage allows one active run a session.
        """
        ...

    def answer_run(self, run_id: str, answers: Sequence[Requirement]) -> None:
        """Store the answers and change paused → pending, in one transaction.

        Only answers to requirements that are still pending count (one that was answered in storage stands, rule L8: its stored
        `arguments` are never replaced). Raises `RunNotFoundError`; `RunNotContinuableError` when the run is not paused;
        `UnresolvedRequirementsError` when one is left unanswered, and then nothing is stored (rule L7); `AlreadyAnsweredError`
        likewise where a given answer is not the one that stands (see kern.records.conflicts), and `InvalidAnswerError` where
        `kern.records.conflicts.must_accept` refuses one (too late, or too few people).
        """
        ...

    def claim_run(self, claim: Claim) -> RunOutput | None:
        """Change pending → running under `claim` by compare-and-set.

        Returns the run as loaded by `load_run`, or `None` when another worker has it.
        """
        ...

    def renew(self, claim: Claim) -> Signal:
        """Extend the lease. `cancelled`: the run was cancelled; `lost`: the run is not ours any more."""
        ...

    def look(self, claims: Sequence[Claim]) -> list[Signal]:
        """Return the signal of each claim as `renew` does, in their order; writes nothing.

        Called twice a second during work.
        """
        ...

    def release(self) -> None:
        """Release this thread's connection, for a long wait or for good. The next method gets it again."""
        ...

    def cancel_run(self, run_id: str) -> bool:
        """Cancel a pending or paused run at once, with its members' runs and open requirements; ask a running one to stop.

        Returns whether the run was active.
        """
        ...

    def pause_run(self, claim: Claim, requirements: Sequence[Requirement], metrics: RunMetrics) -> None:
        """Change running → paused, store new requirements, mark the members' runs that wait, and give the claim up."""
        ...

    def finish_run(self, claim: Claim, run: RunOutput, answer: Message | None = None) -> Status:
        """Store `run`'s status (completed, error or cancelled), content, error and metrics, and the last message.

        In one transaction; returns the status that was stored. A run that was cancelled before that
        (`RunOutput.may_still_be_stopped`) ends cancelled, with its text kept as of every cancelled run: a cancellation that was
        accepted is never followed by an answer.

        A run without a parent gives the claim up; one that ends other than completed ends its members' active runs and cancels
        open requirements too.
        """
        ...

    # Steps of a run ---------------------------------------------------------------------------------------------------

    def open_member_run(self, claim: Claim, run: RunOutput) -> None:
        """Store a member's run as running, with its messages; unique per (`parent_run_id`, `parent_call_id`)."""
        ...

    def store_answer(self, claim: Claim, message: Message, metrics: RunMetrics) -> None:
        """Append an assistant message of `message.run_id` and journal each of its tool calls as proposed."""
        ...

    def append_message(self, claim: Claim, message: Message) -> None:
        """Append one message of `message.run_id`."""
        ...

    def start_call(
        self, claim: Claim, run_id: str, call_id: str, arguments: dict[str, object], *, requirement_id: str | None = None
    ) -> bool:
        """Change proposed → started by compare-and-set, with the arguments the tool gets. False when it was started before.

        With `requirement_id` (a person said that an uncertain call did not happen): started → started again, and that
        requirement goes approved → executed in the same transaction, so that one answer starts the call once. False when it
        was used before.
        """
        ...

    def finish_call(
        self,
        claim: Claim,
        output: Message,
        *,
        failed: bool,
        requirement_id: str | None = None,
        requirement_status: RequirementStatus | None = None,
    ) -> None:
        """Journal the call (`output.run_id`, `output.tool_call_id`) as finished and append its output, in one transaction.

        With `requirement_id`, also set that requirement's status (executed or failed).
        """
        ...

    # Reading ----------------------------------------------------------------------------------------------------------

    def load_run(self, run_id: str) -> RunOutput | None:
        """Return the run with messages, tool journal, requirements (its members' too) and `member_runs`.

        A running run whose lease ran out reads as `error` (interrupted).
        """
        ...

    def runs(self, session_id: str, *, last_n: int | None = None) -> list[RunOutput]:
        """Return runs without a parent, oldest first, loaded like `load_run`."""
        ...

    def history(self, session_id: str, *, before_run_id: str, last_n_runs: int) -> list[Message]:
        """Return the messages (no system ones, no members') of the newest `last_n_runs` runs before this run, oldest first.

        Reads only that window (rule L4). A storage that has messages outside of runs includes those between them. A run that a
        server refused for good has one line in its place, and after two of them in a row nothing older is there (rule L20).
        """
        ...

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
        """Return messages as `AgentSession.get_messages` does; without `members`, those of members' runs are left out."""
        ...

    def opening(self, session_id: str, limit: int = 6) -> list[Message]:
        """The first user and assistant messages that have words, oldest first, members' left out, and those that a server
        refused; reads no more than it needs."""
        ...
