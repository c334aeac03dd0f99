"""Replies as the API's objects and events."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.responses_server.script import Calls, Cut, Endless, ErrorEvent, Failed, Hang, Incomplete, Refusal, Slow, Text

Json = dict[str, Any]
Streamed = Text | Calls | Refusal | Failed | ErrorEvent | Incomplete | Cut | Hang | Slow

ENDINGS = {"completed": "response.completed", "failed": "response.failed", "incomplete": "response.incomplete"}


@dataclass(frozen=True)
class Spoken:
    """One reply, ready to send: its output items, how it ends, and how fast it goes."""

    request: Json
    response_id: str
    items: list[tuple[Json, list[str]]]
    status: str = "completed"
    error: Json | None = None
    error_event: Json | None = None
    incomplete_reason: str | None = None
    usage: Json | None = None
    delay: float = 0.0

    def events(self) -> Iterator[Json]:
        """The events of the stream in order, numbered from 0."""
        for number, event in enumerate(self._events()):
            yield {**event, "sequence_number": number}

    def response(self, status: str | None = None) -> Json:
        """The response object; without `status` as it is at the end."""
        state = status or self.status
        output = [item for item, _ in self.items] if state != "in_progress" else []
        is_over = state == self.status
        return {
            **_echoed(self.request),
            "id": self.response_id,
            "object": "response",
            "created_at": int(time.time()),
            "status": state,
            "error": self.error if is_over else None,
            "incomplete_details": {"reason": self.incomplete_reason} if is_over and self.incomplete_reason else None,
            "output": output,
            "usage": (self.usage or estimated_usage(self.request, output)) if is_over else None,
        }

    def _events(self) -> Iterator[Json]:
        yield {"type": "response.created", "response": self.response("in_progress")}
        yield {"type": "response.in_progress", "response": self.response("in_progress")}
        for index, (item, pieces) in enumerate(self.items):
            yield from _item_events(index, item, pieces)
        if self.error_event:
            yield {"type": "error", **self.error_event}
        else:
            yield {"type": ENDINGS[self.status], "response": self.response()}


def speak(reply: Streamed, request: Json) -> Spoken:
    """Put a reply into items. `Cut`, `Hang` and `Slow` are about sending: here they are what they wrap."""
    match reply:
        case Cut() | Hang() | Slow():
            return speak(reply.reply, request)
        case Refusal(text):
            return _spoken(request, [_message(text, words(text), refusal=True)])
        case Incomplete(reason, text):
            return _spoken(request, [_message(text, words(text))], status="incomplete", incomplete_reason=reason)
        case Failed(code, message, after):
            items = speak(after, request).items if after else []
            return _spoken(request, items, status="failed", error={"code": code, "message": message})
        case ErrorEvent(code, message, nested):
            fields = {"code": code, "message": message, "param": None}
            return _spoken(request, [], error_event={"error": fields} if nested else fields)
        case Text(text, chunks):
            said = [_message(text if chunks is None else "".join(chunks), list(chunks or words(text)))]
        case Calls(calls, text):
            said = [_message(text, words(text))] if text else []
            ids = reply.ids or [_id("call") for _ in calls]
            said += [_call(name, arguments, call_id) for (name, arguments), call_id in zip(calls, ids, strict=True)]
    thought = [_reasoning(reply.reasoning, reply.thought)] if reply.reasoning or reply.thought else []
    usage = dict(reply.usage) if reply.usage else None
    return _spoken(request, thought + said, usage=usage, delay=reply.delay)


def as_sse(event: Json) -> bytes:
    """One event in the format of the stream."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def endless_piece(reply: Endless) -> bytes:
    """What comes again and again."""
    if reply.what == "comments":
        return b": ping\n\n"
    kind = "reasoning_summary_text" if reply.what == "reasoning" else "function_call_arguments"
    where = {"item_id": "item_1", "output_index": 0, "summary_index": 0, "sequence_number": 0}
    return as_sse({"type": f"response.{kind}.delta", **where, "delta": "and "})


def words(text: str) -> list[str]:
    """The text in pieces that join to it again: a word with the spaces after it."""
    return re.findall(r"\s*\S+\s*", text) or [text]


def estimated_usage(request: Json, output: list[Json]) -> Json:
    """Token counts, at four characters a token."""
    asked = len(json.dumps([request.get("instructions"), request.get("input"), request.get("tools")])) // 4
    answered = max(1, len(json.dumps(output)) // 4) if output else 0
    return {
        "input_tokens": asked,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": answered,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": asked + answered,
    }


def _spoken(request: Json, items: list[tuple[Json, list[str]]], **rest: Any) -> Spoken:
    return Spoken(request, _id("resp"), items, **rest)


def _id(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex}"


def _message(text: str, pieces: list[str], *, refusal: bool = False) -> tuple[Json, list[str]]:
    part = {"type": "refusal", "refusal": text} if refusal else {"type": "output_text", "text": text, "annotations": []}
    return {"id": _id("msg"), "type": "message", "role": "assistant", "status": "completed", "content": [part]}, pieces


def _call(name: str, arguments: Any, call_id: str) -> tuple[Json, list[str]]:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    item = {
        "id": _id("fc"),
        "type": "function_call",
        "status": "completed",
        "call_id": call_id,
        "name": name,
        "arguments": text,
    }
    return item, [text[:8], text[8:]] if len(text) > 8 else [text]


def _reasoning(encrypted: str | None, thought: str) -> tuple[Json, list[str]]:
    summary = [{"type": "summary_text", "text": thought}] if thought else []
    item = {"id": _id("rs"), "type": "reasoning", "summary": summary, "encrypted_content": encrypted}
    return item, words(thought) if thought else []


def _item_events(index: int, item: Json, pieces: list[str]) -> Iterator[Json]:
    where = {"output_index": index, "item_id": item["id"]}
    begun = {**item, "status": "in_progress"} if "status" in item else item
    if item["type"] == "message":
        yield {"type": "response.output_item.added", "output_index": index, "item": {**begun, "content": []}}
        yield from _part_events({**where, "content_index": 0}, item["content"][0], pieces)
    elif item["type"] == "function_call":
        yield {"type": "response.output_item.added", "output_index": index, "item": {**begun, "arguments": ""}}
        for piece in pieces:
            yield {"type": "response.function_call_arguments.delta", **where, "delta": piece}
        yield {"type": "response.function_call_arguments.done", **where, "arguments": item["arguments"]}
    else:
        yield {"type": "response.output_item.added", "output_index": index, "item": {**begun, "summary": []}}
        if pieces:
            yield from _summary_events({**where, "summary_index": 0}, item["summary"][0], pieces)
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _part_events(where: Json, part: Json, pieces: list[str]) -> Iterator[Json]:
    kind, field = ("refusal", "refusal") if part["type"] == "refusal" else ("output_text", "text")
    logprobs: Json = {"logprobs": []} if kind == "output_text" else {}
    yield {"type": "response.content_part.added", **where, "part": {**part, field: ""}}
    for piece in pieces:
        yield {"type": f"response.{kind}.delta", **where, "delta": piece, **logprobs}
    yield {"type": f"response.{kind}.done", **where, field: part[field], **logprobs}
    yield {"type": "response.content_part.done", **where, "part": part}


def _summary_events(where: Json, part: Json, pieces: list[str]) -> Iterator[Json]:
    yield {"type": "response.reasoning_summary_part.added", **where, "part": {**part, "text": ""}}
    for piece in pieces:
        yield {"type": "response.reasoning_summary_text.delta", **where, "delta": piece}
    yield {"type": "response.reasoning_summary_text.done", **where, "text": part["text"]}
    yield {"type": "response.reasoning_summary_part.done", **where, "part": part}


def _echoed(request: Json) -> Json:
    """The parameters that a response repeats, with the API's defaults."""
    defaults: Json = {
        "instructions": None,
        "max_output_tokens": None,
        "metadata": {},
        "model": None,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "user": None,
    }
    return {name: request.get(name, default) for name, default in defaults.items()}
