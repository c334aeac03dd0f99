"""The events of one streamed response, read into our answer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from kern.errors import ModelError
from kern.message import ToolCall, new_id
from kern.models.base import ModelAnswer, ModelEvent, TextDelta, Usage
from kern.models.openai_errors import incomplete, reported

#: A refusal is what the model says to the customer, so it is text like any other.
TEXT_DELTAS = frozenset({"response.output_text.delta", "response.refusal.delta"})


def read_answer(events: Iterable[Any], *, model: str, used_call_ids: Iterable[str]) -> Iterator[ModelEvent]:
    """Yield text as it comes and, last, the answer, only if the server said that it is complete (rule L16).

    `model` is the name to report when the server gives none; `used_call_ids` are ids that no new call may have.
    Raises `ModelError` when the response failed, is incomplete, or ended early; besides, whatever iterating `events` raises.
    """
    stream = iter(events)
    reader = _Reader()
    for event in stream:
        text = reader.take(event)
        if text:
            yield TextDelta(text)
        if reader.response is not None:
            break
    if reader.response is None:
        raise ModelError("the model's stream ended before the answer was complete")
    # Read to the end, so that the connection can be used again. The answer is here: what breaks now is not its business.
    with contextlib.suppress(Exception):
        for _ in stream:
            pass
    yield _answer(reader.response, reader.items, model, set(used_call_ids))


class _Reader:
    """What arrived so far: finished items, and the response once it is complete."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.response: Any = None
        self._spoke_in: int | None = None

    def take(self, event: Any) -> str:
        """Take note of one event; returns the text it adds. Raises `ModelError` where it says that no answer will come."""
        kind = getattr(event, "type", "")
        if kind in TEXT_DELTAS:
            return f"{self._paragraph(getattr(event, 'output_index', 0))}{event.delta}"
        if kind == "response.output_item.done":
            self.items.append(event.item)
        elif kind == "response.completed":
            self.response = event.response
        elif kind == "response.incomplete":
            raise incomplete(event.response)
        elif kind == "response.failed":
            raise reported(event.response.error)
        elif kind == "error":
            raise reported(event)
        return ""

    def _paragraph(self, output_index: int) -> str:
        """A model may say several messages in one answer; they are paragraphs of it."""
        is_next = self._spoke_in is not None and self._spoke_in != output_index
        self._spoke_in = output_index
        return "\n\n" if is_next else ""


def _answer(response: Any, finished: list[Any], model: str, used: set[str]) -> ModelAnswer:
    # Some servers leave `output` out of the completed response; and reasoning is whole only in the finished items.
    stated = getattr(response, "output", None) or []
    items = finished if len(finished) >= len(stated) else stated
    return ModelAnswer(
        content="\n\n".join(text for item in items if item.type == "message" and (text := _text(item))),
        tool_calls=[_tool_call(item, used) for item in items if item.type == "function_call"],
        usage=_usage(getattr(response, "usage", None)),
        model=getattr(response, "model", None) or model,
        provider_items=[_reasoning(item) for item in items if getattr(item, "encrypted_content", None)],
    )


def _text(message: Any) -> str:
    return "".join(part.refusal if part.type == "refusal" else part.text for part in message.content)


def _tool_call(item: Any, used: set[str]) -> ToolCall:
    """A call; its id is replaced when this conversation has it already: the journal of calls knows them by their ids."""
    call_id = item.call_id or ""
    if not call_id or call_id in used:
        call_id = f"call_{new_id()}"
    used.add(call_id)
    return ToolCall(id=call_id, name=item.name, arguments=item.arguments or "{}")


def _reasoning(item: Any) -> dict[str, Any]:
    """What the API takes back. Its `status` is not among that, and without the encrypted content nobody could read it."""
    return {
        "type": "reasoning",
        "id": item.id,
        "summary": [{"type": "summary_text", "text": part.text} for part in item.summary or []],
        "encrypted_content": item.encrypted_content,
    }


def _usage(usage: Any) -> Usage:
    if usage is None:
        return Usage()
    return Usage(
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        cached_tokens=_detail(usage, "input_tokens_details", "cached_tokens"),
        reasoning_tokens=_detail(usage, "output_tokens_details", "reasoning_tokens"),
    )


def _detail(usage: Any, group: str, name: str) -> int:
    return getattr(getattr(usage, group, None), name, None) or 0
