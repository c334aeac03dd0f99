"""The limit of a run's tool calls (`tool_call_limit`): the first calls count, with any outcome.

An answer that a person reviews is no tool call: it must be possible after any number of calls. Such drafts have a limit of
their own; a `send_answer` without a reviewer or with invalid arguments counts as a tool call.
"""

from __future__ import annotations

from kern.errors import ModelError
from kern.loop.turn import Turn
from kern.records.message import ToolCall
from kern.records.run import ToolExecution

#: Of a run whose agent says nothing else. Real work takes a handful; what takes more goes in circles.
TOOL_CALL_LIMIT = 30
#: So often a model may ask for nothing but tools beyond the limit, before the run fails.
MOST_REFUSALS = 3


def is_reached(turn: Turn) -> bool:
    """Return whether the run has used up its tool calls."""
    limit = turn.who.tool_call_limit
    return limit is not None and len(_counted(turn)) >= limit


def refuses(turn: Turn, call: ToolCall) -> bool:
    """Return whether the call exceeds the limit. A begun call, or one that a person was asked about, goes on."""
    if not _is_beyond(turn, call):
        return False
    has_begun = turn.journal_of(call).status != "proposed" or turn.member_run_of(call) is not None
    return not has_begun and turn.requirement_of(call) is None


def raise_if_ignored(turn: Turn) -> None:
    """Raise `ModelError` when the model keeps asking for tools although it was told to answer."""
    if not is_reached(turn):
        return
    asked = [message.tool_calls for message in turn.run.messages if message.tool_calls]
    in_vain = [calls for calls in asked if all(_is_beyond(turn, call) for call in calls)]
    if len(in_vain) >= MOST_REFUSALS:
        limit = turn.who.tool_call_limit
        raise ModelError(
            f"the agent went on asking for tools instead of answering, although it had used all {limit} calls of this turn"
        )


def raise_if_drafts_ignored(turn: Turn) -> None:
    """Raise `ModelError` when people reviewed draft after draft of the answer and sent none."""
    limit = turn.who.tool_call_limit
    looked_at = len(_drafts(turn))
    if limit is not None and looked_at >= max(limit, TOOL_CALL_LIMIT):
        raise ModelError(f"people looked at {looked_at} drafts of the answer and sent none")


def _counted(turn: Turn) -> list[ToolExecution]:
    drafts = _drafts(turn)
    return [line for line in turn.run.tools if line.call_id not in drafts]


def _drafts(turn: Turn) -> set[str]:
    """Return the calls that are answers to review."""
    asked = turn.run.requirements
    return {item.call_id for item in asked if item.reason == "draft" and item.run_id == turn.run.run_id}


def _is_beyond(turn: Turn, call: ToolCall) -> bool:
    limit = turn.who.tool_call_limit
    if limit is None or call.id in _drafts(turn):
        return False
    return call.id not in {line.call_id for line in _counted(turn)[:limit]}
