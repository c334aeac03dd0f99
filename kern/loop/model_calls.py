"""One call of the model: the request, its streamed answer, and the resulting message."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from functools import partial
from typing import Any

from kern.errors import ModelError
from kern.events import RunContent, RunEvent, StepStored
from kern.loop import limit
from kern.loop.partial_text import whole
from kern.loop.turn import Turn
from kern.loop.window import tokens_of
from kern.models.base import AnswerRestarted, ModelAnswer, ModelRequest, ReasoningDelta, TextDelta, answer_events
from kern.models.listening import listen
from kern.records.drafts import as_draft
from kern.records.message import Message, ToolCall, new_id
from kern.records.run import ToolExecution
from kern.validation.sizes import LONGEST_MODEL, MAX_PROVIDER_CHARS, MAX_REASONING_BYTES, kept, size_of
from kern.validation.text import storable

#: Ids of calls and names of tools are columns of databases; no tool's name is that long.
LONGEST_ID = 200


def ask_model(turn: Turn) -> Generator[RunEvent, None, Message]:
    """Ask the model once; stores and returns the answer when it has tool calls, else only returns it."""
    message = _message(turn, (yield from _answer_within_window(turn)))
    if turn.reviews_answers and not message.tool_calls:
        message = as_draft(message)
    turn.spoken.clear()
    if message.tool_calls:
        turn.count_time()
        turn.db.store_answer(turn.claim, message, turn.run.metrics)
        turn.run.messages.append(message)
        turn.run.tools += [
            ToolExecution(run_id=turn.run.run_id, call_id=call.id, tool_name=call.name) for call in message.tool_calls
        ]
        yield StepStored(*turn.source)
    return message


def _answer_within_window(turn: Turn) -> Generator[RunEvent, None, ModelAnswer]:
    """Return the model's answer. A request that is too long is sent once more with half of it, and the turn goes on so."""
    request = _request(turn)
    try:
        return (yield from _answer(turn, request))
    except ModelError as error:
        if not error.too_long or turn.window.max_tokens != turn.who.max_history_tokens:
            raise
        turn.window = turn.window.halved(request.messages)
        shorter = _request(turn)
        if tokens_of(shorter.messages) >= tokens_of(request.messages):
            raise
    if turn.spoken:
        yield _heard(turn, AnswerRestarted(), 0.0)
    return (yield from _answer(turn, shorter))


def _answer(turn: Turn, request: ModelRequest) -> Generator[RunEvent, None, ModelAnswer]:
    """Return the model's answer; its text is yielded as it comes."""
    started = time.monotonic()
    answer: ModelAnswer | None = None
    stream = partial(answer_events, turn.who.required_model, request)
    with closing(listen(stream, turn.work)) as events:
        # It may take long, and connections are few.
        turn.db.release()
        for item in events:
            if isinstance(item, ModelAnswer):
                answer = item
            elif not isinstance(item, ReasoningDelta):
                yield _heard(turn, item, started)
    if answer is None:
        raise ModelError("the model's stream ended without an answer")
    _count(turn, answer, time.monotonic() - started)
    return answer


def _heard(turn: Turn, item: TextDelta | AnswerRestarted, started: float) -> RunEvent:
    if isinstance(item, AnswerRestarted):
        turn.spoken.clear()
        return RunContent(*turn.source)
    if turn.run.metrics.time_to_first_token is None:
        turn.run.metrics.time_to_first_token = time.monotonic() - started
    turn.spoken.add(item.text)
    return RunContent(*turn.source, delta=storable(item.text), content=str(turn.spoken))


def _request(turn: Turn) -> ModelRequest:
    own = [message for message in turn.run.messages if message.role != "system"]
    return ModelRequest(
        messages=turn.instructions + turn.window.of(turn.context, own, turn.run.run_id),
        tools=turn.who.tool_schemas(),
        tool_choice="none" if limit.is_reached(turn) else "auto",
    )


def _message(turn: Turn, answer: ModelAnswer) -> Message:
    calls = _with_own_ids(turn, answer.tool_calls)
    return Message(
        role="assistant",
        content=whole(answer.content),
        tool_calls=calls,
        run_id=turn.run.run_id,
        author=turn.who.name or None,
        provider_items=_renamed(answer.provider_items, answer.tool_calls, calls),
        reasoning=kept(whole(answer.reasoning), MAX_REASONING_BYTES),
    )


def _with_own_ids(turn: Turn, calls: list[ToolCall]) -> list[ToolCall]:
    """Return the calls with ids unique in the run: some servers count from `call_1` in every answer."""
    taken = {line.call_id for line in turn.run.tools}
    unique = []
    for call in calls:
        call_id = storable(call.id)
        if not call_id or call_id in taken or len(call_id) > LONGEST_ID:
            call_id = f"call_{new_id()}"
        taken.add(call_id)
        unique.append(ToolCall(call_id, storable(call.name)[:LONGEST_ID], storable(call.arguments)))
    return unique


def _renamed(items: list[dict[str, Any]], before: list[ToolCall], calls: list[ToolCall]) -> list[dict[str, Any]]:
    """Return the provider's items, with the places of the calls under their ids in this run."""
    if size_of(items) > MAX_PROVIDER_CHARS:
        return []  # they only help: without them the model thinks afresh
    ids = {call.id: now.id for call, now in zip(before, calls, strict=True)}
    return [{**item, "call_id": ids.get(item["call_id"], "")} if "call_id" in item else item for item in items]


def _count(turn: Turn, answer: ModelAnswer, seconds: float) -> None:
    metrics = turn.run.metrics
    metrics.model_calls += 1
    metrics.model_duration += seconds
    metrics.input_tokens += answer.usage.input_tokens
    metrics.output_tokens += answer.usage.output_tokens
    metrics.cached_tokens += answer.usage.cached_tokens
    metrics.reasoning_tokens += answer.usage.reasoning_tokens
    turn.run.model = storable(answer.model)[:LONGEST_MODEL] or turn.who.required_model.id
