"""Settle one tool call: run it, ask a person, or refuse it with a reason for the model.

Every way ends with the call's output stored, or with a requirement that a person must answer. The journal makes sure that a
tool is started once: proposed → started by compare-and-set, and a call that was started and not finished is asked about.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from kern.errors import InvalidAnswerError, KernError, LeaseLostError
from kern.events import RunEvent, ToolCallStarted
from kern.loop import limit
from kern.loop.delegation import DELEGATE, delegate
from kern.loop.drafts import is_draft, settle_draft
from kern.loop.execution import Outcome, run_tool
from kern.loop.repeats import QUESTION, may_have_happened
from kern.loop.turn import Turn
from kern.records.call_outcomes import (
    DO_NOT_FIT,
    NO_NAME,
    NO_TOOL,
    NOT_ALLOWED,
    NOT_READ,
    NOT_RUN,
    REASON,
    with_edit,
)
from kern.records.message import ToolCall
from kern.records.outcomes import UNKNOWN, answered_output
from kern.records.requirement import Kind, Requirement
from kern.records.run import ToolExecution
from kern.tools import Tool


def settle_call(turn: Turn, call: ToolCall) -> Iterator[RunEvent]:
    """Advance one open call as far as possible; sets `turn.is_waiting` when a person is needed."""
    turn.work.check(now=True)
    tool = turn.tools.get(call.name)
    try:
        arguments = call.parsed()
    except ValueError as error:
        yield from turn.finish_call(call, f"{NOT_READ}{error}. Send one JSON object.", failed=True)
        return
    if is_draft(turn, call):
        yield from settle_draft(turn, call, arguments)
    elif limit.refuses(turn, call):
        text = f"{NOT_ALLOWED}this turn may call {turn.who.tool_call_limit} tools and has done so. Answer now."
        yield from turn.finish_call(call, text, failed=True)
    elif call.name == DELEGATE and (turn.who.members or turn.member_run_of(call)):
        yield from delegate(turn, call, arguments)
    elif tool is None:
        yield from _settle_without_tool(turn, call)
    else:
        yield from _settle_tool(turn, call, tool, arguments)


def _settle_without_tool(turn: Turn, call: ToolCall) -> Iterator[RunEvent]:
    """Settle a call of an unknown tool: an invented name, or a tool that was removed since. People's answers still count."""
    asked = turn.requirement_of(call)
    if asked is not None and (asked.status in NOT_RUN or answered_output(asked) is not None):
        yield from _follow_answer(turn, call, None, asked)
        return
    known = ", ".join(turn.tools) or "none"
    output = f"{f'{NO_TOOL}{call.name!r}' if call.name else NO_NAME}. Tools: {known}."
    did_not_happen = asked is not None and asked.reason == "uncertain" and asked.status == "approved"
    if turn.journal_of(call).status == "started" and not did_not_happen:
        output = f"{output} {UNKNOWN}"
    yield from turn.finish_call(call, output, failed=True, asked=asked)


def _settle_tool(turn: Turn, call: ToolCall, tool: Tool, arguments: dict[str, Any]) -> Iterator[RunEvent]:
    line, asked = turn.journal_of(call), turn.requirement_of(call)
    if _is_uncertain(line, tool, asked):
        turn.wait_for(_uncertain(turn, call, tool, line.arguments))
    elif asked is None:
        yield from _begin(turn, call, tool, arguments)
    elif asked.status == "pending":
        turn.wait_for()
    else:
        yield from _follow_answer(turn, call, tool, asked)


def _is_uncertain(line: ToolExecution, tool: Tool, asked: Requirement | None) -> bool:
    """Return whether the call was started, its worker died, and no person has been asked about that yet."""
    if asked is not None and asked.reason == "uncertain":
        # The person's answer started the call once more, and that worker died too: ask again.
        return asked.status == "executed"
    return line.status == "started" and not tool.idempotent


def _begin(turn: Turn, call: ToolCall, tool: Tool, arguments: dict[str, Any]) -> Iterator[RunEvent]:
    """Run a new call, or ask about it first."""
    try:
        checked = tool.check(arguments, partial=set(tool.user_input_fields))
    except InvalidAnswerError as error:
        yield from turn.finish_call(call, f"{DO_NOT_FIT}{error}", failed=True)
        return
    if may_have_happened(turn, tool, checked):
        turn.wait_for(_repeated(turn, call, tool, checked))
    elif tool.requirement_kind is None:
        yield from _run(turn, call, tool, checked, None)
    else:
        turn.wait_for(_requirement(turn, call, tool, checked, tool.requirement_kind))


def _follow_answer(turn: Turn, call: ToolCall, tool: Tool | None, asked: Requirement) -> Iterator[RunEvent]:
    """Follow the person's answer."""
    if asked.status in NOT_RUN:
        text, noted = (UNKNOWN, " A person says: ") if asked.reason == "uncertain" else (NOT_RUN[asked.status], REASON)
        note = f"{noted}{asked.note}" if asked.note else ""
        yield from turn.finish_call(call, text + note, failed=True)
    elif (output := answered_output(asked)) is not None:
        yield from turn.finish_call(call, output, asked=asked)
    elif tool is not None:
        yield from _run(turn, call, tool, asked.effective_arguments, asked)


def _run(turn: Turn, call: ToolCall, tool: Tool, arguments: dict[str, Any], asked: Requirement | None) -> Iterator[RunEvent]:
    try:
        arguments = tool.check(arguments)
    except InvalidAnswerError as error:
        yield from turn.finish_call(call, f"{DO_NOT_FIT}{error}", failed=True, asked=asked)
        return
    _start(turn, call, tool, arguments, asked)
    yield ToolCallStarted(*turn.source, call_id=call.id, tool_name=call.name, arguments=arguments)
    outcome = run_tool(turn, call, tool, arguments, partial(_store_late, turn, call, asked))
    if outcome is None and not tool.idempotent:
        why = f"This tool did not come back within {tool.timeout:g} seconds"
        turn.wait_for(_uncertain(turn, call, tool, arguments, why))
        return
    outcome = outcome or Outcome(f"The tool took longer than {tool.timeout:g} seconds and was left alone.", failed=True)
    yield from turn.finish_call(
        call, with_edit(outcome.output, asked.edited_arguments if asked else None), failed=outcome.failed, asked=asked
    )


def _store_late(turn: Turn, call: ToolCall, asked: Requirement | None, outcome: Outcome) -> None:
    """Store the late outcome of a call whose turn was taken away, if the storage accepts it."""
    if outcome.raised is None:
        with contextlib.suppress(KernError):
            output = turn.output_of(call, with_edit(outcome.output, asked.edited_arguments if asked else None))
            turn.db.finish_call(turn.claim, output, failed=outcome.failed)


def _start(turn: Turn, call: ToolCall, tool: Tool, arguments: dict[str, Any], asked: Requirement | None) -> None:
    """Journal the start of the tool. Raises `LeaseLostError` when it was started before and may not be repeated."""
    line = turn.journal_of(call)
    again = asked.requirement_id if asked is not None and asked.reason == "uncertain" else None
    repeats = line.status == "started" and tool.idempotent
    started = repeats or turn.db.start_call(turn.claim, turn.run.run_id, call.id, arguments, requirement_id=again)
    if not started:
        raise LeaseLostError(f"call {call.id} was started before")
    line.status, line.arguments, line.started_at = "started", arguments, time.time()


def _requirement(turn: Turn, call: ToolCall, tool: Tool, arguments: dict[str, Any], kind: Kind) -> Requirement:
    chooses = kind == "user_feedback"
    return turn.questions.about(
        call,
        kind,
        arguments,
        schema=tool.parameters,
        question=str(arguments.get("question", "")) if chooses else tool.description,
        policy=tool.policy,
        fields=tool.input_fields(),
        options=[str(option) for option in arguments.get("options") or []] if chooses else [],
        multiple=bool(arguments.get("multiple", False)),
    )


def _repeated(turn: Turn, call: ToolCall, tool: Tool, arguments: dict[str, Any]) -> Requirement:
    """Return the requirement about a call that may have happened before.

    Its risk is high, so no standing approval answers it.
    """
    asked = _requirement(turn, call, tool, arguments, tool.requirement_kind or "confirmation")
    asked.question, asked.policy = QUESTION, replace(asked.policy, risk="high")
    return asked


def _uncertain(
    turn: Turn,
    call: ToolCall,
    tool: Tool,
    arguments: dict[str, Any],
    why: str = "The worker stopped while this tool was running",
) -> Requirement:
    return turn.questions.about(
        call,
        "external_execution",
        arguments,
        schema=tool.parameters,
        question=f"{why}, so nobody knows whether it happened. Did it?",
        reason="uncertain",
        # Time says nothing about whether it happened, so this question does not expire.
        policy=replace(tool.policy, expires_after=None, remind_before=None),
    )
