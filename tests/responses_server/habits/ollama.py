"""Ollama, as its `openai/responses.go` of 2026 sends it.

- a call stands at the index of the message before it: `outputIndex` is not raised after text
- text before a call is streamed, but neither finished nor in `response.completed`
- the readable thought is the `encrypted_content` ("plain text for now")
- a call is told at once, after everything else; streams with tools come in one piece: ollama/ollama 9084, 9632
- item ids are small random numbers
- input items of an unknown or no type are refused: `unmarshalResponsesInputItem`
- errors of its own interface are a text under `error`: ollama/ollama, `gin.H{"error": …}`
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.responses_server.habits.base import Habits, numbered, text_of, thought_of
from tests.responses_server.validation import Rejected
from tests.responses_server.wire import Json, Spoken

TYPES = ("message", "function_call", "function_call_output", "reasoning")
NOT_FOUND = 404


class Ollama(Habits):
    """Everything counted from the start, and text forgotten beside calls."""

    name = "ollama"

    def check(self, request: Json) -> Json:
        for index, item in enumerate(request["input"] if isinstance(request.get("input"), list) else []):
            if item.get("type") not in TYPES:
                raise Rejected(f"input[{index}]: input item missing required 'type' field")
        return super().check(request)

    def events(self, spoken: Spoken) -> Iterator[Json]:
        if spoken.error_event or spoken.status != "completed":
            return spoken.events()
        return numbered(_Stream(spoken).events())

    def error(self, status: int, error: Json) -> Json | str:
        if status == NOT_FOUND:
            return {"error": error["message"]}
        kind = "api_error" if status >= 500 else "invalid_request_error"
        return {"error": {"message": error["message"], "type": kind, "param": None, "code": None}}


class _Stream:
    def __init__(self, spoken: Spoken) -> None:
        self.spoken = spoken
        self.index = 0
        self.output: list[Json] = []

    def events(self) -> Iterator[Json]:
        calls = [item for item, _ in self.spoken.items if item["type"] == "function_call"]
        for kind in ("created", "in_progress"):
            yield {"type": f"response.{kind}", "response": {**self.spoken.response("in_progress"), "store": False}}
        for item, pieces in self.spoken.items:
            if item["type"] == "reasoning":
                yield from self._thinking(item, pieces)
            elif item["type"] == "message":
                yield from self._text(item, pieces, is_finished=not calls)
        for number, item in enumerate(calls):
            yield from self._call(item, number)
        yield {"type": "response.completed", "response": {**self.spoken.response(), "output": self.output}}

    def _thinking(self, item: Json, pieces: list[str]) -> Iterator[Json]:
        thought = {"id": f"rs_{random.randrange(999999)}", "type": "reasoning"}
        text = thought_of(item)
        where = {"output_index": self.index, "item_id": thought["id"], "summary_index": 0}
        yield {"type": "response.output_item.added", "output_index": self.index, "item": {**thought, "summary": []}}
        for piece in pieces:
            yield {"type": "response.reasoning_summary_text.delta", **where, "delta": piece}
        yield {"type": "response.reasoning_summary_text.done", **where, "text": text}
        done = {**thought, "summary": [{"type": "summary_text", "text": text}], "encrypted_content": text}
        yield {"type": "response.output_item.done", "output_index": self.index, "item": done}
        self.output.append(done)
        self.index += 1

    def _text(self, item: Json, pieces: list[str], *, is_finished: bool) -> Iterator[Json]:
        where = {"item_id": item["id"], "output_index": self.index, "content_index": 0}
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        begun = {**item, "status": "in_progress", "content": []}
        yield {"type": "response.output_item.added", "output_index": self.index, "item": begun}
        yield {"type": "response.content_part.added", **where, "part": part}
        for piece in pieces:
            yield {"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []}
        if is_finished:
            whole = {**part, "text": text_of(item)}
            yield {"type": "response.output_text.done", **where, "text": whole["text"], "logprobs": []}
            yield {"type": "response.content_part.done", **where, "part": whole}
            done = {**item, "content": [whole]}
            yield {"type": "response.output_item.done", "output_index": self.index, "item": done}
            self.output.append(done)

    def _call(self, item: Json, number: int) -> Iterator[Json]:
        call = {**item, "id": f"fc_{random.randrange(999999)}_{number}"}
        index = {"output_index": self.index + number}
        where = {"item_id": call["id"], **index}
        begun = {**call, "status": "in_progress", "arguments": ""}
        yield {"type": "response.output_item.added", **index, "item": begun}
        yield {"type": "response.function_call_arguments.delta", **where, "delta": item["arguments"]}
        yield {"type": "response.function_call_arguments.done", **where, "arguments": item["arguments"]}
        yield {"type": "response.output_item.done", **index, "item": call}
        self.output.append(call)
