"""One run of one agent, as far as it can go: settle the open tool calls, ask the model, and so on until it answers or must
wait.

The whole state is in the stored run, so the same loop begins a turn, goes on after a pause, and picks up after a crash.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from kern.errors import ModelError
from kern.events import RunContent, RunEvent, StepStored
from kern.loop import limit
from kern.loop.calls import settle_call
from kern.loop.drafts import as_draft, sent_answer
from kern.loop.window import Window, tokens_of
from kern.loop.work import Work
from kern.models.base import AnswerRestarted, ModelAnswer, ModelRequest, ReasoningDelta, TextDelta, answer_events
from kern.models.listening import listen
from kern.records.message import Message, ToolCall, new_id, storable
from kern.records.requirement import Requirement
from kern.records.run import RunOutput, ToolExecution
from kern.validation.sizes import LONGEST_MODEL, MAX_PROVIDER_CHARS, MAX_REASONING_BYTES, kept, size_of

if TYPE_CHECKING:
    from kern.participants.participant import Participant

#: Ids of calls and names of tools are columns of databases; no tool's name is that long.
LONGEST_ID = 200


class Turn:
    """A run being worked. `context` is what the model sees before the run's own messages."""

    def __init__(self, who: Participant, run: RunOutput, work: Work, context: list[Message]) -> None:
        self.who = who
        self.run = run
        self.work = work
        self.db = work.db
        self.claim = work.claim
        self.context = context
        self.window = Window(who.max_tool_output_chars, who.max_history_tokens)
        self.tools = {tool.name: tool for tool in who.tools}
        #: The turn that gave a member its task.
        self.leader: Turn | None = None
        self._system: str | None = None
        self._words = ""
        self._half = ""
        self._counted_until = time.monotonic()
        #: Members answer to their leader, not to a customer, so nobody looks through what they say.
        self.reviews_answers = who.review_answers and run.parent_run_id is None

    def go(self) -> Generator[RunEvent, None, Message | None]:
        """Work until the model answers (`run.content` and the returned message are set) or people must decide.

        The generator's return value is the final answer, or `None` when the run waits; `waiting` then has the new requirements.
        Raises `ModelError`, `LeaseLostError`, `StopRequested`, `StorageError`.
        """
        while True:
            self.work.check()
            self.waiting: list[Requirement] = []
            self.is_waiting = False
            settled = self.open_calls()
            for call in settled:
                yield from settle_call(self, call)
            if self.is_waiting:
                return None
            if (sent := sent_answer(self)) is not None:
                return sent
            if settled:
                # Tools may take long, and asking a model costs more than asking whether anybody still wants it.
                self.work.check(now=True)
            limit.raise_if_ignored(self)
            limit.drafts_must_be_heeded(self)
            answer = yield from self._ask()
            if not answer.tool_calls:
                return answer

    def open_calls(self) -> list[ToolCall]:
        """The calls that have no output yet."""
        answered = {message.tool_call_id for message in self.run.messages if message.role == "tool"}
        return [call for message in self.run.messages for call in message.tool_calls if call.id not in answered]

    def journal_of(self, call: ToolCall) -> ToolExecution:
        """The journal line of a stored call."""
        return next(line for line in self.run.tools if line.call_id == call.id)

    def requirement_of(self, call: ToolCall) -> Requirement | None:
        """The newest question about the call."""
        asked = [item for item in self.run.requirements if item.call_id == call.id and item.run_id == self.run.run_id]
        return asked[-1] if asked else None

    def event(self, kind: type[RunEvent], **details: object) -> RunEvent:
        """An event about this run."""
        return kind(
            session_id=self.run.session_id,
            run_id=self.run.run_id,
            agent_name=self.who.name,
            parent_run_id=self.run.parent_run_id,
            **details,
        )

    def member_run_of(self, call: ToolCall) -> RunOutput | None:
        """The run of the member that got this call's work."""
        return next((run for run in self.run.member_runs if run.parent_call_id == call.id), None)

    @property
    def partial(self) -> str:
        """What the model has said of its answer so far."""
        return f"{self._words}{storable(self._half)}"

    def count_time(self) -> None:
        """Add the time since this was last called to the run's duration."""
        now = time.monotonic()
        self.run.metrics.duration += now - self._counted_until
        self._counted_until = now

    def _ask(self) -> Generator[RunEvent, None, Message]:
        """Ask the model once; stores and returns the answer when it has tool calls, else only returns it."""
        message = self._message((yield from self._within_window()))
        if self.reviews_answers and not message.tool_calls:
            message = as_draft(message)
        self._words = self._half = ""
        if message.tool_calls:
            self.count_time()
            self.db.store_answer(self.claim, message, self.run.metrics)
            self.run.messages.append(message)
            self.run.tools += [
                ToolExecution(run_id=self.run.run_id, call_id=call.id, tool_name=call.name) for call in message.tool_calls
            ]
            yield self.event(StepStored)
        return message

    def _within_window(self) -> Generator[RunEvent, None, ModelAnswer]:
        """The model's answer. A request that is too long is sent once more with half of it, and the turn goes on so."""
        request = self._request()
        try:
            return (yield from self._listen(request))
        except ModelError as error:
            if not error.too_long or self.window.max_tokens != self.who.max_history_tokens:
                raise
            self.window = self.window.halved(request.messages)
            shorter = self._request()
            if tokens_of(shorter.messages) >= tokens_of(request.messages):
                raise
        if self._words:
            yield self._heard(AnswerRestarted(), 0.0)
        return (yield from self._listen(shorter))

    def _listen(self, request: ModelRequest) -> Generator[RunEvent, None, ModelAnswer]:
        """The model's answer; its words are told as they come."""
        started = time.monotonic()
        answer: ModelAnswer | None = None
        stream = partial(answer_events, self.who.required_model, request)
        with closing(listen(stream, self.work)) as events:
            # Nobody knows how long it takes, and connections are few.
            self.db.release()
            for item in events:
                if isinstance(item, ModelAnswer):
                    answer = item
                elif not isinstance(item, ReasoningDelta):
                    yield self._heard(item, started)
        if answer is None:
            raise ModelError("the model's stream ended without an answer")
        self._count(answer, time.monotonic() - started)
        return answer

    def _heard(self, item: TextDelta | AnswerRestarted, started: float) -> RunEvent:
        if isinstance(item, AnswerRestarted):
            self._words = self._half = ""
            return self.event(RunContent)
        if self.run.metrics.time_to_first_token is None:
            self.run.metrics.time_to_first_token = time.monotonic() - started
        self._say(item.text)
        return self.event(RunContent, delta=storable(item.text), content=self.partial)

    def _say(self, text: str) -> None:
        """Add to the words. Half a character at the end waits for its other half: all words are not gone through each time."""
        text = self._half + text
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        self._words += _whole(text.removesuffix(self._half))

    def _request(self) -> ModelRequest:
        own = [message for message in self.run.messages if message.role != "system"]
        return ModelRequest(
            messages=self._instructions() + self.window.of(self.context, own, self.run.run_id),
            tools=self.who.tool_schemas(),
            tool_choice="none" if limit.is_reached(self) else "auto",
        )

    def _instructions(self) -> list[Message]:
        """The system message as the run was stored with it: every model call of a turn gets the same.

        Made here, and once, where the run was opened without one: by the inbox, when the customer wrote.
        """
        if self._system is None:
            stored = next((message.content for message in self.run.messages if message.role == "system"), None)
            self._system = self.who.system_message() if stored is None else stored
        return [Message("system", self._system)] if self._system else []

    def _message(self, answer: ModelAnswer) -> Message:
        calls = self._with_own_ids(answer.tool_calls)
        return Message(
            role="assistant",
            content=_whole(answer.content),
            tool_calls=calls,
            run_id=self.run.run_id,
            author=self.who.name or None,
            provider_items=_renamed(answer.provider_items, answer.tool_calls, calls),
            reasoning=kept(_whole(answer.reasoning), MAX_REASONING_BYTES),
        )

    def _with_own_ids(self, calls: list[ToolCall]) -> list[ToolCall]:
        """The calls with ids unique in the run: some servers count from `call_1` in every answer."""
        taken = {line.call_id for line in self.run.tools}
        unique = []
        for call in calls:
            call_id = storable(call.id)
            if not call_id or call_id in taken or len(call_id) > LONGEST_ID:
                call_id = f"call_{new_id()}"
            taken.add(call_id)
            unique.append(ToolCall(call_id, storable(call.name)[:LONGEST_ID], storable(call.arguments)))
        return unique

    def _count(self, answer: ModelAnswer, seconds: float) -> None:
        metrics = self.run.metrics
        metrics.model_calls += 1
        metrics.model_duration += seconds
        metrics.input_tokens += answer.usage.input_tokens
        metrics.output_tokens += answer.usage.output_tokens
        metrics.cached_tokens += answer.usage.cached_tokens
        metrics.reasoning_tokens += answer.usage.reasoning_tokens
        self.run.model = storable(answer.model)[:LONGEST_MODEL] or self.who.required_model.id


def _renamed(items: list[dict[str, Any]], before: list[ToolCall], calls: list[ToolCall]) -> list[dict[str, Any]]:
    """The provider's items, with the places of the calls under their ids in this run."""
    if size_of(items) > MAX_PROVIDER_CHARS:
        return []  # they only help: without them the model thinks afresh
    ids = {call.id: now.id for call, now in zip(before, calls, strict=True)}
    return [{**item, "call_id": ids.get(item["call_id"], "")} if "call_id" in item else item for item in items]


def _whole(text: str) -> str:
    """Storable text, with the two halves of a character joined where they came in two pieces."""
    return storable(text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"))
