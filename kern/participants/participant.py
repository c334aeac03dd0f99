"""The common base of agents and teams: settings, turns, and (in `kern.participants.sessions`) sessions."""

from __future__ import annotations

import copy
import re
from collections.abc import Generator, Iterator, Sequence
from typing import ClassVar, Literal, Self, Unpack, overload

from kern.db.base import Claim, Db
from kern.errors import RunNotContinuableError, RunNotFoundError, WrongTypeError
from kern.events import RunEvent
from kern.loop.delegation import delegate_schema
from kern.loop.delivery import outcome, raising
from kern.loop.run import work_run
from kern.loop.work import Work
from kern.models.base import Model, ToolSchema
from kern.participants.answers import Answers, requirements_of
from kern.participants.asynchronous import AsyncTurns
from kern.participants.cache import SessionCache
from kern.participants.sessions import Sessions, in_memory
from kern.participants.settings import Changes, Settings, checked_lease, checked_tools
from kern.records.conflicts import must_agree, must_not_contradict
from kern.records.message import Message, new_id
from kern.records.run import RunOutput
from kern.session import SessionKind
from kern.tools import Tool
from kern.validation.inputs import Id, checked_id, checked_seconds, checked_words, optional_id
from kern.validation.text import storable


class Participant(AsyncTurns, Sessions):
    """Base of `Agent` and `Team`, which document each setting."""

    kind: ClassVar[SessionKind] = "agent"

    def __init__(self, settings: Settings, members: Sequence[Participant] = ()) -> None:
        settings.check(type(self).__name__)
        self.model = settings.model
        self.name = settings.name
        self.id = optional_id(settings.agent_id, "agent_id") or re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")
        self.description = settings.description
        self.instructions = settings.instructions
        self.tools: list[Tool] = checked_tools(settings.tools, is_team=bool(members))
        self.members: list[Participant] = list(members)
        self.session_id = optional_id(settings.session_id, "session_id")
        self.user_id = optional_id(settings.user_id, "user_id")
        self.add_history_to_context = settings.add_history_to_context
        self.num_history_runs = settings.num_history_runs
        self.max_history_tokens = settings.max_history_tokens
        self.max_tool_output_chars = settings.max_tool_output_chars
        self.tool_call_limit = settings.tool_call_limit
        self.review_answers = settings.review_answers
        self.session_summary_manager = settings.session_summary_manager
        self.deadline = checked_seconds("deadline", settings.deadline)
        self.lease = checked_lease(settings.lease)
        self.cache_session = settings.cache_session
        self._cache = SessionCache() if settings.cache_session else None
        self.db: Db = settings.db or in_memory()

    # Turns --------------------------------------------------------------------------------------------------------------

    @overload
    def run(
        self, message: str, *, session_id: Id | None = None, user_id: Id | None = None, stream: Literal[False] = False
    ) -> RunOutput: ...
    @overload
    def run(
        self, message: str, *, session_id: Id | None = None, user_id: Id | None = None, stream: Literal[True]
    ) -> Iterator[RunEvent]: ...
    def run(
        self, message: str, *, session_id: Id | None = None, user_id: Id | None = None, stream: bool = False
    ) -> RunOutput | Iterator[RunEvent]:
        """Run one turn: store the message, ask the model, run its tools, store the answer.

        Without a session id (here or on the agent) the turn begins a new session (rule L1). The returned run is completed,
        or paused with `requirements`; with `stream=True` the events come as they happen, the last one carrying the run.
        Raises `ModelError` (the run is stored as error), `SessionOwnershipError`, `StorageError`, and, with nothing stored,
        `InvalidInputError` for a message or an id that can not be one.
        """
        words = checked_words(message)
        run = self._asked(self._own_session_id(session_id) or new_id(), self._user_id(user_id), words)
        events = self._begin(run)
        return raising(events) if stream else outcome(events)

    @overload
    def continue_run(
        self,
        run_id: Id,
        requirements: Answers | None = None,
        *,
        session_id: Id | None = None,
        user_id: Id | None = None,
        stream: Literal[False] = False,
    ) -> RunOutput: ...
    @overload
    def continue_run(
        self,
        run_id: Id,
        requirements: Answers | None = None,
        *,
        session_id: Id | None = None,
        user_id: Id | None = None,
        stream: Literal[True],
    ) -> Iterator[RunEvent]: ...
    def continue_run(
        self,
        run_id: Id,
        requirements: Answers | None = None,
        *,
        session_id: Id | None = None,
        user_id: Id | None = None,
        stream: bool = False,
    ) -> RunOutput | Iterator[RunEvent]:
        """Continue a paused run, from any process, with the answers in `requirements` (or those already in the database).

        Requirements may come as JSON (`Requirement.to_dict`). Tool and arguments are those of the database (rule L8). With
        `session_id` the run must be of that session. Raises `RunNotFoundError`, `RunNotContinuableError` when the run does not
        wait (any more), and, with nothing stored, `UnresolvedRequirementsError` when an answer is missing,
        `AlreadyAnsweredError` when another one stands and `InvalidAnswerError` when one does not fit the requirement, comes too
        late or from too few people; then the exceptions of `run`. A streamed run begins with its first event; only then another
        caller's faster answer is noticed.
        """
        answers = requirements_of(requirements)
        must_not_contradict(answers)
        run = self._readable_run(run_id, user_id, session_id)
        run_id = run.run_id
        if run.status == "paused":
            self.db.answer_run(run_id, answers)
        elif run.status != "pending" or run.parent_run_id:
            why = "is a member's; continue the team's run" if run.parent_run_id else f"is {run.status}, not paused"
            raise RunNotContinuableError(f"run {run_id} {why}")
        else:
            must_agree(run.requirements, answers)
        events = self._go_on(Claim(run_id, lease=self.lease))
        return raising(events) if stream else outcome(events)

    def execute(self, claim: Claim) -> Iterator[RunEvent]:
        """Claim a pending run and work it until it ends or pauses; yields nothing when another worker has it.

        For workers: a model's failure is stored and yielded as `RunFailed`. Raises `LeaseLostError`, `StorageError`.
        """
        run = self._claimed(claim)
        if run is not None:
            yield from self._resume(run, claim)

    def cancel_run(self, run_id: Id, *, session_id: Id | None = None, user_id: Id | None = None) -> bool:
        """Cancel a run; returns whether it was active.

        It stops at once when it waits for people, within two seconds when it works (rule L18). Raises `RunNotFoundError`,
        `SessionOwnershipError`.
        """
        return self.db.cancel_run(self._readable_run(run_id, user_id, session_id).run_id)

    # Parts --------------------------------------------------------------------------------------------------------------

    def bound(self, *, db: Db | None = None, model: Model | None = None, **changes: Unpack[Changes]) -> Self:
        """Return a copy with another database, with `model` where it (or a member) has none, and `changes` of attributes."""
        twin = copy.copy(self)
        twin.db = db or self.db
        twin.model = self.model or model
        twin.members = [member.bound(db=db, model=model) for member in self.members]
        for key, value in changes.items():
            if not hasattr(twin, key):
                raise TypeError(f"{type(self).__name__} has no attribute {key!r}")
            setattr(twin, key, value)
        return twin

    def member(self, name: str) -> Participant | None:
        """Return the member of that name."""
        return next((member for member in self.members if member.name == name), None)

    def system_message(self) -> str:
        """Return description and instructions for the model; empty when there are none.

        Raises what the function that makes the instructions raises.
        """
        try:
            text = self.instructions() if callable(self.instructions) else self.instructions
            lines = text if isinstance(text, str) else "\n".join(text)
        except Exception as error:
            error.add_note(f"in the instructions of {self.name or 'the agent'}")
            raise
        return "\n\n".join(part.strip() for part in (self.description, lines) if part.strip())

    def tool_schemas(self) -> list[ToolSchema]:
        """Return the tools' schemas for the model."""
        own = [tool.model_schema() for tool in self.tools]
        return [*own, delegate_schema(self.members)] if self.members else own

    def new_run(self, session_id: str, user_id: str | None, message: str) -> RunOutput:
        """Return a new unsaved run of this participant, with its system message and its input.

        Raises what the function that makes the instructions raises.
        """
        run = self._asked(session_id, user_id, message)
        self._instruct(run)
        return run

    # Inside -------------------------------------------------------------------------------------------------------------

    def _asked(self, session_id: str, user_id: str | None, message: str) -> RunOutput:
        run = RunOutput(session_id=session_id, user_id=user_id, agent_id=self.id, agent_name=self.name)
        run.model = self.model.id if self.model else ""
        run.messages.append(Message("user", storable(message), run_id=run.run_id))
        return run

    def _instruct(self, run: RunOutput) -> None:
        if system := self.system_message():
            run.messages.insert(0, Message("system", storable(system), run_id=run.run_id))

    def _begin(self, run: RunOutput) -> Generator[RunEvent, None, None]:
        claim, broken = Claim(run.run_id, lease=self.lease), None
        try:
            self._instruct(run)
        except Exception as error:  # noqa: BLE001 - the loop raises it, once the customer's words are stored (rule L10)
            broken = error
        session = self.db.open_run(run, claim, kind=self.kind)
        run.status = "running"
        yield from self._work(run, claim, self._context(run, session.previous_run_id), broken)

    def _go_on(self, claim: Claim) -> Generator[RunEvent, None, None]:
        run = self._claimed(claim)
        if run is None:
            raise RunNotContinuableError(f"run {claim.run_id} was continued by another caller")
        yield from self._resume(run, claim)

    def _claimed(self, claim: Claim) -> RunOutput | None:
        claim.agent_name = claim.agent_name or self.name
        claim.model = claim.model or (self.model.id if self.model else "")
        return self.db.claim_run(claim)

    def _resume(self, run: RunOutput, claim: Claim) -> Generator[RunEvent, None, None]:
        yield from self._work(run, claim, self._context(run, None))

    def _work(
        self, run: RunOutput, claim: Claim, context: list[Message], broken: Exception | None = None
    ) -> Generator[RunEvent, None, None]:
        events = work_run(self, run, Work(self.db, claim, self.deadline), context, broken)
        if self._cache is None:
            yield from events
            return
        try:
            yield from events
            self._cache.keep(run, self.num_history_runs)
        finally:
            self._cache.leave(run)

    def _context(self, run: RunOutput, previous_run_id: str | None) -> list[Message]:
        if not self.add_history_to_context:
            return []
        if self._cache is not None:
            return self._cache.history(self.db, run, previous_run_id, self.num_history_runs)
        return self.db.history(run.session_id, before_run_id=run.run_id, last_n_runs=self.num_history_runs)

    def _readable_run(self, run_id: Id, user_id: Id | None, session_id: Id | None) -> RunOutput:
        if isinstance(run_id, RunOutput):
            raise WrongTypeError("a run is named by its id, run_id=run.run_id, not by a RunOutput")
        key, wanted = checked_id(run_id, "run_id"), optional_id(session_id, "session_id")
        user_id = self._user_id(user_id)
        if wanted is not None:
            self._existing(wanted, user_id)
        run = self.db.load_run(key)
        if run is None or wanted not in (None, run.session_id):
            raise RunNotFoundError(f"there is no run {key!r}" + (f" in session {wanted!r}" if wanted else ""))
        self._find(run.session_id, user_id)
        return run
