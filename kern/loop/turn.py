"""One run of one agent while it is worked: its state, and the two ways in which a tool call ends its step."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from functools import cached_property
from typing import NamedTuple, Self

from kern.events import RunEvent, StepStored, ToolCallFinished
from kern.loop.base import Actor
from kern.loop.partial_text import PartialText
from kern.loop.window import Window
from kern.loop.work import Work
from kern.records.drafts import SEND_ANSWER
from kern.records.message import Message, ToolCall
from kern.records.questions import Questions
from kern.records.requirement import Requirement
from kern.records.requirement import Status as RequirementStatus
from kern.records.run import RunOutput, ToolExecution
from kern.validation.sizes import kept
from kern.validation.text import storable


class Source(NamedTuple):
    """The run that an event is about: the first arguments of every `RunEvent`."""

    session_id: str
    run_id: str
    agent_name: str
    parent_run_id: str | None


class Turn(ABC):
    """A run being worked. `context` is the model's view of the conversation before the run's own messages.

    The whole state is in the stored run, so the same loop begins a turn, goes on after a pause, and picks up after a crash.
    """

    def __init__(self, who: Actor, run: RunOutput, work: Work, context: list[Message], leader: Turn | None = None) -> None:
        self.who = who
        self.run = run
        self.work = work
        self.db = work.db
        self.claim = work.claim
        self.context = context
        #: The turn that gave a member its task.
        self.leader = leader
        self.window = Window(who.max_tool_output_chars, who.max_history_tokens)
        self.tools = {tool.name: tool for tool in who.tools}
        #: Members answer to their leader, not to a customer, so their answers are not reviewed.
        self.reviews_answers = who.review_answers and run.parent_run_id is None
        #: The partial answer of the model.
        self.spoken = PartialText()
        #: The new requirements of a run that must wait, and whether it must.
        self.waiting: list[Requirement] = []
        self.is_waiting = False
        self.source = Source(run.session_id, run.run_id, who.name, run.parent_run_id)
        self.questions = Questions(run.session_id, run.run_id, work.claim.run_id, who.name)
        self._counted_until = time.monotonic()

    @abstractmethod
    def go(self) -> Generator[RunEvent, None, Message | None]:
        """Work until the model answers or people must decide.

        The generator's return value is the final answer, or `None` when the run waits; `waiting` then has the new requirements.
        Raises `ModelError`, `LeaseLostError`, `StopRequested`, `StorageError`.
        """

    def of_member(self, member: Actor, run: RunOutput) -> Self:
        """Return the turn of a member's run, worked under this turn's claim."""
        return type(self)(member, run, self.work, [], leader=self)

    @cached_property
    def instructions(self) -> list[Message]:
        """Return the system message as stored with the run: every model call of a turn gets the same.

        Made here, and once, where the run was opened without one: by the inbox, when the customer wrote.
        """
        stored = next((message.content for message in self.run.messages if message.role == "system"), None)
        text = self.who.system_message() if stored is None else stored
        return [Message("system", text)] if text else []

    def open_calls(self) -> list[ToolCall]:
        """Return the calls that have no output yet."""
        answered = {message.tool_call_id for message in self.run.messages if message.role == "tool"}
        return [call for message in self.run.messages for call in message.tool_calls if call.id not in answered]

    def journal_of(self, call: ToolCall) -> ToolExecution:
        """Return the journal line of a stored call."""
        return next(line for line in self.run.tools if line.call_id == call.id)

    def requirement_of(self, call: ToolCall) -> Requirement | None:
        """Return the newest requirement about the call."""
        asked = [item for item in self.run.requirements if item.call_id == call.id and item.run_id == self.run.run_id]
        return asked[-1] if asked else None

    def member_run_of(self, call: ToolCall) -> RunOutput | None:
        """Return the run of the member that got this call's task."""
        return next((run for run in self.run.member_runs if run.parent_call_id == call.id), None)

    def finish_call(
        self, call: ToolCall, output: str, *, failed: bool = False, asked: Requirement | None = None
    ) -> Iterator[RunEvent]:
        """Store the call's output; from now on the model can go on. `asked` is the requirement whose answer led to it."""
        status: RequirementStatus | None = None
        if asked is not None:
            status = asked.status = "failed" if failed else "executed"
        message = self.output_of(call, output)
        self.db.finish_call(
            self.claim,
            message,
            failed=failed,
            requirement_id=asked.requirement_id if asked else None,
            requirement_status=status,
        )
        line = self.journal_of(call)
        line.status, line.result, line.failed, line.finished_at = "finished", message.content, failed, time.time()
        self.run.messages.append(message)
        self.run.metrics.tool_calls += call.name != SEND_ANSWER
        yield ToolCallFinished(*self.source, call_id=call.id, tool_name=call.name, result=message.content, failed=failed)
        yield StepStored(*self.source)

    def last_words(self) -> Message | None:
        """Return the answer of a run in which a tool that `ends_turn` succeeded: that tool's result."""
        ending = {name for name, tool in self.tools.items() if tool.ends_turn}
        ended = [line for line in self.run.tools if line.tool_name in ending and line.status == "finished" and not line.failed]
        if not ended:
            return None
        return Message("assistant", ended[-1].result or "", run_id=self.run.run_id, author=self.who.name or None)

    def wait_for(self, *requirements: Requirement) -> None:
        """Pause the run for people's answers."""
        self.waiting += requirements
        self.run.requirements += requirements
        self.is_waiting = True

    def output_of(self, call: ToolCall, text: str) -> Message:
        """Return the message with a call's output, cut where it is too long for a row."""
        return Message("tool", kept(storable(text)), tool_call_id=call.id, tool_name=call.name, run_id=self.run.run_id)

    def count_time(self) -> None:
        """Add the time since the last call to the run's duration."""
        now = time.monotonic()
        self.run.metrics.duration += now - self._counted_until
        self._counted_until = now
