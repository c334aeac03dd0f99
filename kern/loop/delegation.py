"""Delegation of a task from a team's leader to a member: a tool call whose execution is a child run.

The child run is unique per (leader's run, call), so a leader that is resumed after a pause or a crash finds the child it began
and goes on with it. The child runs under the leader's claim.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from kern.errors import ModelError
from kern.events import RunCompleted, RunEvent, RunFailed, RunStarted, ToolCallStarted
from kern.loop.base import Actor
from kern.loop.turn import Turn
from kern.models.base import ToolSchema
from kern.records.call_outcomes import MEMBER_FAILED, NO_MEMBER
from kern.records.message import Message, ToolCall
from kern.records.outcomes import account_of
from kern.records.run import RunOutput, Status
from kern.thinking import split_thinking
from kern.threads.waiting import DeadlineError
from kern.validation.text import storable

DELEGATE = "delegate_to_member"


def delegate_schema(members: Sequence[Actor]) -> ToolSchema:
    """Return the schema of the delegating tool for the leader's model."""
    about = "\n".join(f"- {member.name}: {member.description or 'no description'}" for member in members)
    return ToolSchema(
        name=DELEGATE,
        description=f"Give a task to one member of the team and get its answer. Members:\n{about}",
        parameters={
            "type": "object",
            "properties": {
                "member": {"type": "string", "enum": [member.name for member in members], "description": "Who does it."},
                "task": {"type": "string", "description": "What to do, with every detail the member needs to know."},
            },
            "required": ["member", "task"],
            "additionalProperties": False,
        },
    )


def delegate(turn: Turn, call: ToolCall, arguments: dict[str, Any]) -> Iterator[RunEvent]:
    """Open or continue the member's run of this call; its answer becomes the call's output."""
    child = turn.member_run_of(call)
    if child is None:
        member = turn.who.member(_text(arguments.get("member")))
        task = _text(arguments.get("task"))
        if member is None or not task:
            names = ", ".join(member.name for member in turn.who.members)
            yield from turn.finish_call(call, f"{NO_MEMBER}({names}) and a task.", failed=True)
            return
        child = _open(turn, call, member, task)
        yield ToolCallStarted(*turn.source, call_id=call.id, tool_name=call.name, arguments=arguments)
    if child.is_active:
        yield from _work(turn, child)
    if child.is_active:
        turn.wait_for()
    elif child.status == "completed":
        yield from turn.finish_call(call, child.content)
    else:
        # A member that is given the task again begins anew, and knows nothing of what was done for it.
        parts = [f"{child.agent_name}{MEMBER_FAILED}{child.error or child.status}", account_of(child)]
        yield from turn.finish_call(call, "\n".join(filter(None, parts)), failed=True)


def _text(value: Any) -> str:
    """Return an argument as text without thinking: models give a task as an object, too, and null for none."""
    if isinstance(value, str):
        return split_thinking(value)[0].strip()
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _open(turn: Turn, call: ToolCall, member: Actor, task: str) -> RunOutput:
    run = member.new_run(turn.run.session_id, turn.run.user_id, task)
    run.parent_run_id, run.parent_call_id, run.status = turn.run.run_id, call.id, "running"
    for message in run.messages:
        if message.role == "user":
            message.author = turn.who.name
    turn.db.open_member_run(turn.claim, run)
    turn.run.member_runs.append(run)
    return run


def _work(turn: Turn, child: RunOutput) -> Iterator[RunEvent]:
    """Work the member's run; a failure of its own model ends only that run, and the leader is told."""
    member = turn.who.member(child.agent_name)
    if member is None:
        # The member left the team while its run waited for people.
        _finish(turn, child, "error", error=f"{child.agent_name} is not in the team any more")
        return
    inner = turn.of_member(member, child)
    yield RunStarted(*inner.source)
    try:
        answer: Message | None = yield from inner.go()
    except DeadlineError:
        raise
    except ModelError as error:
        inner.count_time()
        child.permanent_error, child.refused = error.permanent, error.refused
        _finish(turn, child, "error", error=str(error))
        yield RunFailed(*inner.source, error=child.error, permanent=error.permanent, run=child, cause=error)
        return
    inner.count_time()
    if answer is None:
        child.status = "paused"
        turn.wait_for(*inner.waiting)
        return
    child.content = answer.content
    child.messages.append(answer)
    _finish(turn, child, "completed", answer)
    yield RunCompleted(*inner.source, content=child.content, run=child)


def _finish(turn: Turn, child: RunOutput, status: Status, answer: Message | None = None, error: str = "") -> None:
    child.error = storable(error)
    child.end(status)
    turn.db.finish_run(turn.claim, child, answer)
