"""Convert messages and tools to items of the Responses API.

Item ids of the provider are never sent back (with `store=False` it does not know them); calls and outputs find each other by
`call_id` alone. Several runs, and several servers, count their calls from the same start: ids that repeat get a fresh one, and
an output belongs to a call of its own run, since runs may overlap.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import Any

from kern.models.base import ToolSchema
from kern.records.message import Message, ToolCall

Item = dict[str, Any]

#: The API refuses longer ids and names, and names with other characters.
LONGEST = 64
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")
#: Of a message's provider items, those that only tell where its words and calls stand among them.
PLACES = ("message", "function_call")


def to_input(messages: Iterable[Message], *, keep_reasoning: bool) -> tuple[str | None, list[Item]]:
    """Return the leading system message as instructions (or `None`), and the rest as input items, in order.

    Items are in the canonical form of Open Responses: gateways drop those without a type or with bare text, and say nothing.
    With `keep_reasoning` the provider's reasoning items stand among an answer's words and calls as they came.
    """
    rest = deque(messages)
    instructions = rest.popleft().content if rest and rest[0].role == "system" else None
    ids = _CallIds()
    return instructions or None, _paired([item for message in rest for item in _items(message, ids, keep_reasoning)])


def to_tools(tools: Iterable[ToolSchema]) -> list[Item]:
    """Return function tools. Not strict: strict mode forbids optional arguments, which typed functions have."""
    return [
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
            "strict": False,
        }
        for tool in tools
    ]


def _items(message: Message, ids: _CallIds, keep_reasoning: bool) -> list[Item]:
    if message.role == "tool":
        call_id = ids.of_output(message.run_id, message.tool_call_id or "")
        return [{"type": "function_call_output", "call_id": call_id, "output": message.content}]
    if message.role != "assistant":
        part = {"type": "input_text", "text": message.content}
        # A system message after the first is refused by the templates of most open models; its words say whose they are.
        return [{"type": "message", "role": "user", "content": [part]}]
    return list(_in_order(message, ids, message.provider_items if keep_reasoning else []))


def _in_order(message: Message, ids: _CallIds, provider_items: list[Item]) -> Iterator[Item]:
    """Order the text, calls and reasoning of an answer as they came; drop reasoning whose text or call is gone.

    Reasoning without what it led to is refused. Where its place is not told it stands before all the rest.
    """
    words = deque([_words(message)] if message.content else [])
    calls = {call.id: call for call in reversed(message.tool_calls)}
    reasoning: list[Item] = []
    for item in provider_items:
        if item["type"] not in PLACES:
            reasoning.append(item)
            continue
        call = calls.pop(item.get("call_id", ""), None)
        led_to = (
            [_call(call, message.run_id, ids)] if call else [words.popleft()] if words and item["type"] == "message" else []
        )
        if led_to:
            yield from [*reasoning, *led_to]
        reasoning = []
    rest = [*words, *(_call(call, message.run_id, ids) for call in message.tool_calls if call.id in calls)]
    if rest:
        yield from [*reasoning, *rest]


def _words(message: Message) -> Item:
    """Build an assistant message item. Servers refuse it without an id and a status; they do not look the id up."""
    part = {"type": "output_text", "text": message.content, "annotations": []}
    given = f"msg_{_NOT_IN_NAMES.sub('', message.message_id)}"[:LONGEST]
    return {"type": "message", "id": given, "role": "assistant", "status": "completed", "content": [part]}


def _paired(items: list[Item]) -> list[Item]:
    """Move each output directly after its call: `call, output, call, output`.

    The API finds outputs by id anywhere in the input. DeepSeek's refuses anything in between, and gateways that make each call
    a message of its own (for chat servers, which want its output next) send the others a conversation that none of them takes.
    """
    calls = {item["call_id"] for item in items if item.get("type") == "function_call"}
    outputs = {item["call_id"]: item for item in items if item.get("type") == "function_call_output"}
    paired: list[Item] = []
    for item in items:
        if item.get("type") == "function_call_output" and item["call_id"] in calls:
            continue
        paired.append(item)
        if item.get("type") == "function_call" and item["call_id"] in outputs:
            paired.append(outputs[item["call_id"]])
    return paired


def _call(call: ToolCall, run_id: str | None, ids: _CallIds) -> Item:
    return {
        "type": "function_call",
        "call_id": ids.of_call(run_id, call.id),
        "name": _NOT_IN_NAMES.sub("_", call.name)[:LONGEST] or "tool",
        "arguments": _arguments(call),
    }


def _arguments(call: ToolCall) -> str:
    """Return the arguments as the model wrote them, or an object in place of invalid JSON: servers refuse the whole request."""
    try:
        arguments = call.parsed()
    except ValueError:
        return json.dumps({"unreadable": call.arguments}, ensure_ascii=False)
    return call.arguments if call.arguments.lstrip().startswith("{") else json.dumps(arguments, ensure_ascii=False)


class _CallIds:
    """Unique call ids within one input; each output gets the id of its call."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._waiting: defaultdict[tuple[str | None, str], deque[str]] = defaultdict(deque)

    def of_call(self, run_id: str | None, original: str) -> str:
        unique, count = original[:LONGEST], 1
        while not unique or unique in self._taken:
            count += 1
            unique = f"{original[: LONGEST - 8] or 'call'}_{count}"
        self._taken.add(unique)
        self._waiting[run_id, original].append(unique)
        return unique

    def of_output(self, run_id: str | None, original: str) -> str:
        """Return the id of the run's oldest such call without an output. An output without a call keeps its id.

        The server refuses it.
        """
        waiting = self._waiting[run_id, original]
        return waiting.popleft() if waiting else original
