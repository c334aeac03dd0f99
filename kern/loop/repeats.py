"""Detect repeats of a call whose outcome is unknown, and require confirmation.

The model is told not to repeat such a call (kern.records.outcomes), and models do not always listen.
"""

from __future__ import annotations

from typing import Any

from kern.errors import InvalidAnswerError
from kern.loop.turn import Turn
from kern.records.message import Message, ToolCall
from kern.records.outcomes import UNKNOWN, line_of
from kern.tools import Tool

QUESTION = "The same call was started before, and nobody knows whether it happened. Look first: should it run now?"


def may_have_happened(turn: Turn, tool: Tool, arguments: dict[str, Any]) -> bool:
    """Return whether the conversation of the agent, or of its leader, has the same call with an unknown outcome.

    An idempotent tool may always be repeated.
    """
    if tool.idempotent:
        return False
    read = _read(turn)
    made = {(message.run_id, call.id): call for message in read for call in message.tool_calls if call.name == tool.name}
    by_a_member = line_of(tool.name, arguments, UNKNOWN)
    for message in read:
        if message.role != "tool" or UNKNOWN not in message.content:
            continue
        before = made.get((message.run_id, message.tool_call_id or ""))
        if by_a_member in message.content or (before is not None and _is_same(tool, before, arguments)):
            return True
    return False


def _read(turn: Turn) -> list[Message]:
    above = _read(turn.leader) if turn.leader is not None else []
    return [*above, *turn.context, *turn.run.messages]


def _is_same(tool: Tool, before: ToolCall, arguments: dict[str, Any]) -> bool:
    try:
        return tool.check(before.parsed(), partial=set(tool.user_input_fields)) == arguments
    except (ValueError, InvalidAnswerError):
        return False
