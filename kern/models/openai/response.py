"""Read the events of one streamed response as an answer, without losing or doubling text or calls."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from kern.errors import ModelError
from kern.models.base import ModelAnswer, ModelEvent, ReasoningDelta, TextDelta, Usage
from kern.models.openai.answer import Answer
from kern.models.openai.errors import incomplete, reported
from kern.models.openai.items import Item, Kind
from kern.models.openai.json_values import Json, count, entries, mapping, text, word
from kern.records.message import ToolCall, new_id
from kern.validation.text import is_visible

#: Text events: the kind of item, and the field that counts its parts. A refusal is what the model says to the
#: customer, so it is text like any other.
TEXTS: dict[str, tuple[Kind, str]] = {
    "output_text": ("message", "content_index"),
    "text": ("message", "content_index"),
    "refusal": ("message", "content_index"),
    "reasoning_text": ("reasoning", "content_index"),
    "reasoning": ("reasoning", "content_index"),
    "reasoning_content": ("reasoning", "content_index"),
    "reasoning_summary_text": ("reasoning", "summary_index"),
    "reasoning_summary": ("reasoning", "summary_index"),
}
#: Events that end the stream, with the status that each says by itself.
ENDINGS = {
    "response.completed": "completed",
    "response.done": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
}


def read_answer(events: Iterable[Any], *, model: str, used_call_ids: Iterable[str]) -> Iterator[ModelEvent]:
    """Yield text as it comes and, last, the answer, only if the server said that it is complete (rule L16).

    `events` are JSON objects; other values are ignored. `model` is the name to report when the server gives none;
    `used_call_ids` are ids that no new call may have. Raises `ModelError` when the response failed, is incomplete, or ended
    early; exceptions of the iterator `events` pass through.
    """
    stream = iter(events)
    reader = _Reader()
    for event in stream:
        yield from reader.take(mapping(event))
        if reader.response is not None:
            break
    if reader.response is None:
        raise ModelError("the model's stream ended before the answer was complete")
    # Read to the end, so that the connection can be used again. The answer is here: what breaks now is not its business.
    with contextlib.suppress(Exception):
        for _ in stream:
            pass
    yield _answer(reader.response, reader.answer, model, set(used_call_ids))


class _Reader:
    """The items received so far, and the response once it is complete."""

    def __init__(self) -> None:
        self.answer = Answer()
        self.response: Json | None = None
        self._spoke_in: Item | None = None
        self._last: Json = {}

    def take(self, event: Json) -> Iterator[ModelEvent]:
        """Handle one event and yield its additions. Raises `ModelError` where it says that no answer will come."""
        if event == self._last and "sequence_number" in event:
            return
        self._last = event
        kind = word(event.get("type"))
        if kind in ENDINGS:
            self._end(event, ENDINGS[kind])
        elif kind == "error":
            raise reported(event)
        elif kind == "response.output_item.done":
            self.answer.tell(event.get("item"), event.get("output_index"), whole=True)
        elif kind == "response.output_item.added":
            self.answer.tell(event.get("item"), event.get("output_index"), whole=False)
        elif kind in ("response.created", "response.in_progress", "response.queued"):
            # Some servers tell of a call here, and nowhere else before the end.
            for index, item in enumerate(entries(mapping(event.get("response")).get("output"))):
                self.answer.tell(item, index, whole=False)
        else:
            yield from self._piece(kind.removeprefix("response."), event)

    def _piece(self, kind: str, event: Json) -> Iterator[ModelEvent]:
        """Handle a delta of text or of arguments, or one of them whole."""
        subject, _, what = kind.rpartition(".")
        if subject == "function_call_arguments" and what in ("delta", "done"):
            pieces = self.answer.call(event).pieces
            if what == "delta":
                pieces.deltas.append(text(event.get("delta")))
            elif given := event.get("arguments"):
                self.answer.call(event).tellings.append((given, True))
            yield ReasoningDelta("")
        elif subject in TEXTS and what in ("delta", "done"):
            field = "delta" if what == "delta" else "refusal" if subject == "refusal" else "text"
            yield from self._text(subject, event, text(event.get(field)), is_whole=what == "done")
        elif subject in ("content_part", "reasoning_summary_part") and what == "done":
            part = mapping(event.get("part"))
            of = word(part.get("type")) if subject == "content_part" else "reasoning_summary"
            whole = text(part.get("refusal")) or text(part)
            yield from self._text(of if of in TEXTS else "output_text", event, whole, is_whole=True)

    def _text(self, subject: str, event: Json, words: str, *, is_whole: bool) -> Iterator[ModelEvent]:
        kind, numbered = TEXTS[subject]
        if not words:
            return
        item, part = self.answer.part(kind, event, f"{numbered} {event.get(numbered)}")
        if not is_whole:
            part.deltas.append(words)
        is_new = not is_whole or not part.text
        if is_whole:
            part.done = words
        if kind == "reasoning":
            yield ReasoningDelta(words if is_new else "")
        elif is_new:
            yield TextDelta(f"{self._paragraph(item)}{words}")

    def _paragraph(self, item: Item) -> str:
        """Return the separator before a new message of the answer: several messages are its paragraphs."""
        is_next = self._spoke_in is not None and self._spoke_in is not item
        self._spoke_in = item
        return "\n\n" if is_next else ""

    def _end(self, event: Json, said: str) -> None:
        """Judge the response by its status, not by the event's name (rule L16)."""
        response = mapping(event.get("response"))
        status = word(response.get("status")).lower() or said
        if status == "completed" and said != "completed":
            status = said
        if status == "incomplete" or (status == "completed" and mapping(response.get("incomplete_details")).get("reason")):
            raise incomplete(response)
        if status == "failed" or (status == "completed" and _is_error(response.get("error"))):
            raise reported(response.get("error"))
        if status != "completed":
            raise ModelError(f"the model's server ended the answer as {status[:100]}, not as completed")
        self.answer.end(entries(response.get("output")))
        if not response and not self.answer.items:
            raise ModelError("the model's server said that the answer is complete, and sent none")
        self.response = response


def _is_error(error: Any) -> bool:
    """Return whether the error has content: some servers send an error of nothing but nulls."""
    return any(error.values()) if isinstance(error, dict) else bool(error)


def _answer(response: Json, answer: Answer, model: str, used: set[str]) -> ModelAnswer:
    said, calls, provider_items = [], [], []
    for item in answer.without_ghosts():
        if item.kind == "reasoning":
            if item.raw:
                provider_items.append(_reasoning(item))
        elif item.kind == "message" and is_visible(item.text):
            said.append(item.text)
            provider_items.append({"type": "message"})
        elif item.kind == "function_call":
            calls.append(_tool_call(item, used))
            provider_items.append({"type": "function_call", "call_id": calls[-1].id})
    keeps_order = any(item["type"] == "reasoning" for item in provider_items)
    return ModelAnswer(
        content="\n\n".join(said) or text(response.get("output_text")),
        tool_calls=calls,
        usage=_usage(mapping(response.get("usage"))),
        model=word(response.get("model")) or model,
        provider_items=provider_items if keeps_order else [],
        reasoning="\n\n".join(words for item in answer.of_kind("reasoning") if (words := item.text.strip())),
    )


def _tool_call(item: Item, used: set[str]) -> ToolCall:
    """Build a call; a call id that this conversation has already is replaced, since the journal of calls is keyed by it."""
    call_id = item.call_id or next(iter(sorted(item.ids)), "")
    if not call_id or call_id in used:
        call_id = f"call_{new_id()}"
    used.add(call_id)
    return ToolCall(id=call_id, name=item.name, arguments=item.arguments)


def _reasoning(item: Item) -> Json:
    """Build the reasoning item that the API takes back: without `status`, and always with the encrypted content."""
    return {
        "type": "reasoning",
        "id": word(item.raw.get("id")) or f"rs_{new_id()}",
        "summary": [
            {"type": "summary_text", "text": words} for part in entries(item.raw.get("summary")) if (words := text(part))
        ],
        "encrypted_content": item.raw["encrypted_content"],
    }


def _usage(usage: Json) -> Usage:
    return Usage(
        input_tokens=count(usage.get("input_tokens")),
        output_tokens=count(usage.get("output_tokens")),
        cached_tokens=count(mapping(usage.get("input_tokens_details")).get("cached_tokens")),
        reasoning_tokens=count(mapping(usage.get("output_tokens_details")).get("reasoning_tokens")),
    )
