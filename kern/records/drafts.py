"""Drafted answers as records: stored calls of the pseudo-tool `send_answer`.

The model never sees that tool: it reads a draft that was not sent as what it said, then what the person wants.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from kern.records.message import Message, ToolCall, new_id
from kern.thinking import split_thinking
from kern.validation.text import storable

SEND_ANSWER = "send_answer"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1}},
    "required": ["text"],
    "additionalProperties": False,
}


def as_draft(answer: Message) -> Message:
    """Return a final answer as the call that asks a person to send it. An answer without words stays as it is.

    What the provider kept for itself led to words, not to a call, and is left out.
    """
    if not answer.content.strip():
        return answer
    text = json.dumps({"text": storable(answer.content)}, ensure_ascii=False)
    return replace(answer, content="", tool_calls=[ToolCall(f"call_{new_id()}", SEND_ANSWER, text)], provider_items=[])


def without_drafts(messages: Iterable[Message], current_run_id: str | None) -> Iterator[Message]:
    """Return the conversation for models: drafts of the current run as said and sent back, those of earlier runs left out."""
    texts: dict[tuple[str | None, str | None], str] = {}
    for message in messages:
        drafts = [call for call in message.tool_calls if call.name == SEND_ANSWER]
        texts |= {(message.run_id, call.id): _text_of(call) for call in drafts}
        if message.tool_name == SEND_ANSWER:
            text = texts.get((message.run_id, message.tool_call_id))
            if text and message.run_id == current_run_id:
                yield replace(message, role="assistant", content=text, tool_call_id=None, tool_name=None)
                yield replace(message, role="system", tool_call_id=None, tool_name=None)
        elif drafts:
            yield replace(message, tool_calls=[call for call in message.tool_calls if call not in drafts])
        else:
            yield message


def arguments_without_thinking(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a draft for people, without thinking.

    A model that has seen a draft may call the pseudo-tool itself.
    """
    text = arguments.get("text")
    return {**arguments, "text": split_thinking(text)[0]} if isinstance(text, str) else arguments


def _text_of(call: ToolCall) -> str:
    try:
        return str(arguments_without_thinking(call.parsed()).get("text", ""))
    except ValueError:
        return ""
