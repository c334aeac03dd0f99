"""What becomes of one tool call: run it, ask a person, or tell the model why not.

Every way ends in the call's output being stored, or in a requirement that somebody must answer. The journal makes sure that a
tool is started once: proposed → started by compare-and-set, and whatever was started and not finished is asked about.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from kern.errors import InvalidAnswerError, KernError, LeaseLostError
from kern.events import RunEvent, StepStored, ToolCallFinished, ToolCallStarted
from kern.loop import limit
from kern.loop.delegation import DELEGATE, delegate
from kern.loop.drafts import SEND_ANSWER, is_draft, settle_draft
from kern.loop.execution import Outcome, run_tool
from kern.loop.repeats import QUESTION, may_have_happened
from kern.records.message import Message, ToolCall, storable
from kern.records.outcomes import UNKNOWN, answered_output
from kern.records.policy import Policy
from kern.records.requirement import Kind, Requirement
from kern.records.requirement import Status as RequirementStatus
from kern.tools import Tool
from kern.validation.sizes import kept

if TYPE_CHECKING:
    from kern.loop.turn import Turn

NOT_RUN: dict[str, str] = {
    "rejected": "A person rejected this call, so it did not run.",
    "expired": "Nobody decided about this call in time, so it did not run. It was not rejected.",
    "superseded": "This call was withdrawn because something newer happened; it did not run.",
    "cancelled": "This call was cancelled; it did not run.",
}


def settle_call(turn: Turn, call: ToolCall) -> Iterator[RunEvent]:
    """Bring one open call as far as it can go; sets `turn.is_waiting` when a person is needed."""
    turn.work.check(now=True)
    tool = turn.tools.get(call.name)
    try:
        arguments = call.parsed()
    except ValueError as error:
        yield from finish_call(turn, call, f"The arguments could not be read: {error}. Send one JSON object.", failed=True)
        return
    if is_draft(turn, call):
        yield from settle_draft(turn, call, arguments)
    elif limit.refuses(turn, call):
        told = f"Not run: this turn may call {turn.who.tool_call_limit} tools and has done so. Answer now."
        yield from finish_call(turn, call, told, failed=True)
    elif call.name == DELEGATE and (turn.who.members or turn.member_run_of(call)):
        yield from delegate(turn, call, arguments)
    elif tool is None:
        yield from _settle_without_tool(turn, call)
    else:
        yield from _settle_tool(turn, call, tool, arguments)


def _settle_without_tool(turn: Turn, call: ToolCall) -> Iterator[RunEvent]:
    """The model made the name up, or the tool was there when the call was made and is gone: what people said counts still."""
    asked = turn.requirement_of(call)
    if asked is not None and (asked.status in NOT_RUN or answered_output(asked) is not None):
        yield from _follow_answer(turn, call, None, asked)
        return
    known = ", ".join(turn.tools) or "none"
    output = f"{f'There is no tool {call.name!r}' if call.name else 'The call names no tool'}. Tools: {known}."
    did_not_happen = asked is not None and asked.reason == "uncertain" and asked.status == "approved"
    if turn.journal_of(call).status == "started" and not did_not_happen:
        output = f"{output} {UNKNOWN}"
    yield from finish_call(turn, call, output, failed=True, asked=asked)


def _settle_tool(turn: Turn, call: ToolCall, tool: Tool, arguments: dict[str, Any]) -> Iterator[RunEvent]:
    line = turn.journal_of(call)
    asked = turn.requirement_of(call)
    if line.status == "started" and not tool.idempotent and (asked is None or asked.reason != "uncertain"):
        wait_for(turn, _uncertain(turn, call, tool, line.arguments))
    elif asked is None:
        try:
            checked = tool.check(arguments, partial=set(tool.user_input_fields))
        except InvalidAnswerError as error:
            yield from finish_call(turn, call, f"The arguments do not fit: {error}", failed=True)
            return
        if may_have_happened(turn, tool, checked):
            wait_for(turn, _doubtful(turn, call, tool, checked))
        elif tool.requirement_kind is None:
            yield from _run(turn, call, tool, checked, None)
        else:
            wait_for(turn, _requirement(turn, call, tool, checked, tool.requirement_kind))
    elif asked.status == "pending":
        turn.is_waiting = True
    elif asked.status == "executed" and asked.reason == "uncertain":
        # The person's answer started the call once more and that worker died too: ask again.
        wait_for(turn, _uncertain(turn, call, tool, line.arguments))
    else:
        yield from _follow_answer(turn, call, tool, asked)


def _follow_answer(turn: Turn, call: ToolCall, tool: Tool | None, asked: Requirement) -> Iterator[RunEvent]:
    """Do what the person said."""
    if asked.status in NOT_RUN:
        told, noted = (UNKNOWN, "A person says") if asked.reason == "uncertain" else (NOT_RUN[asked.status], "Reason")
        note = f" {noted}: {asked.note}" if asked.note else ""
        yield from finish_call(turn, call, told + note, failed=True)
    elif (output := answered_output(asked)) is not None:
        yield from finish_call(turn, call, output, asked=asked)
    elif tool is not None:
        yield from _run(turn, call, tool, asked.effective_arguments, asked)


def _run(turn: Turn, call: ToolCall, tool: Tool, arguments: dict[str, Any], asked: Requirement | None) -> Iterator[RunEvent]:
    try:
        arguments = tool.check(arguments)
    except InvalidAnswerError as error:
        yield from finish_call(turn, call, f"The arguments do not fit: {error}", failed=True, asked=asked)
        return
    _start(turn, call, tool, arguments, asked)
    yield turn.event(ToolCallStarted, call_id=call.id, tool_name=call.name, arguments=arguments)
    outcome = run_tool(turn, call, tool, arguments, partial(_hand_in, turn, call, asked))
    if outcome is None and not tool.idempotent:
        wait_for(turn, _uncertain(turn, call, tool, arguments, f"This tool did not come back within {tool.timeout:g} seconds"))
        return
    outcome = outcome or Outcome(f"The tool took longer than {tool.timeout:g} seconds and was left alone.", failed=True)
    yield from finish_call(turn, call, _told(outcome, asked), failed=outcome.failed, asked=asked)


def _told(outcome: Outcome, asked: Requirement | None) -> str:
    if asked is None or asked.edited_arguments is None:
        return outcome.output
    changed = json.dumps(asked.edited_arguments, ensure_ascii=False)
    return f"A person changed the arguments to {changed} before this ran.\n{outcome.output}"


def _hand_in(turn: Turn, call: ToolCall, asked: Requirement | None, outcome: Outcome) -> None:
    """Store what came of a call whose turn was taken away, where the storage wants to know."""
    if outcome.raised is None:
        text = kept(storable(_told(outcome, asked)))
        message = Message("tool", text, tool_call_id=call.id, tool_name=call.name, run_id=turn.run.run_id)
        with contextlib.suppress(KernError):
            turn.db.finish_call(turn.claim, message, failed=outcome.failed)


def _start(turn: Turn, call: ToolCall, tool: Tool, arguments: dict[str, Any], asked: Requirement | None) -> None:
    """Journal that the tool is about to run. Raises `LeaseLostError` when it was started before and may not be repeated."""
    line = turn.journal_of(call)
    again = asked.requirement_id if asked is not None and asked.reason == "uncertain" else None
    repeats = line.status == "started" and tool.idempotent
    started = repeats or turn.db.start_call(turn.claim, turn.run.run_id, call.id, arguments, requirement_id=again)
    if not started:
        raise LeaseLostError(f"call {call.id} was started before")
    line.status, line.arguments, line.started_at = "started", arguments, time.time()


def finish_call(
    turn: Turn, call: ToolCall, output: str, *, failed: bool = False, asked: Requirement | None = None
) -> Iterator[RunEvent]:
    """Store the call's output; from now on the model can go on."""
    status: RequirementStatus | None = None
    if asked is not None:
        status = asked.status = "failed" if failed else "executed"
    message = Message("tool", kept(storable(output)), tool_call_id=call.id, tool_name=call.name, run_id=turn.run.run_id)
    turn.db.finish_call(
        turn.claim,
        message,
        failed=failed,
        requirement_id=asked.requirement_id if asked else None,
        requirement_status=status,
    )
    line = turn.journal_of(call)
    line.status, line.result, line.failed, line.finished_at = "finished", message.content, failed, time.time()
    turn.run.messages.append(message)
    turn.run.metrics.tool_calls += call.name != SEND_ANSWER
    yield turn.event(ToolCallFinished, call_id=call.id, tool_name=call.name, result=message.content, failed=failed)
    yield turn.event(StepStored)


def wait_for(turn: Turn, requirement: Requirement) -> None:
    """Let the run pause for a person's answer."""
    turn.waiting.append(requirement)
    turn.run.requirements.append(requirement)
    turn.is_waiting = True


def _requirement(turn: Turn, call: ToolCall, tool: Tool, arguments: dict[str, Any], kind: Kind) -> Requirement:
    options = [str(option) for option in arguments.get("options") or []] if kind == "user_feedback" else []
    return Requirement(
        kind=kind,
        run_id=turn.run.run_id,
        root_run_id=turn.claim.run_id,
        session_id=turn.run.session_id,
        call_id=call.id,
        tool_name=call.name,
        arguments=arguments,
        schema=tool.parameters,
        fields=tool.input_fields() if kind == "user_input" else [],
        question=str(arguments.get("question", "")) if kind == "user_feedback" else tool.description,
        options=options,
        multiple=bool(arguments.get("multiple", False)),
        agent_name=turn.who.name,
        **_terms(tool.policy),
    )


def _doubtful(turn: Turn, call: ToolCall, tool: Tool, arguments: dict[str, Any]) -> Requirement:
    """The question about a call that may have happened before. As a risky one no approval in advance answers it."""
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
    return Requirement(
        kind="external_execution",
        reason="uncertain",
        run_id=turn.run.run_id,
        root_run_id=turn.claim.run_id,
        session_id=turn.run.session_id,
        call_id=call.id,
        tool_name=call.name,
        arguments=arguments,
        schema=tool.parameters,
        question=f"{why}, so nobody knows whether it happened. Did it?",
        agent_name=turn.who.name,
        # Time says nothing about whether it happened, so this question waits for as long as it takes.
        **_terms(replace(tool.policy, expires_after=None, remind_before=None)),
    )


def _terms(policy: Policy) -> dict[str, Any]:
    """The policy, and when it lets the question expire."""
    now = time.time()
    expires_at = now + policy.expires_after if policy.expires_after is not None else None
    return {"policy": policy, "created_at": now, "expires_at": expires_at}
