"""Texts for models about calls without an output: an unknown outcome, a person's answer, a member's work.

Without them a model would take a call that was done, or perhaps done, for one that is still to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from kern.records.call_outcomes import RESPONDED
from kern.records.message import Message
from kern.records.requirement import Requirement
from kern.records.run import RunOutput, ToolExecution

#: The output of a call that was started and has an unknown end.
UNKNOWN = (
    "Nobody knows whether this call happened: it was started, and the work on it was stopped before a result came. "
    "Do not make this call again unless a person has said that it did not happen: ask first."
)
_STOPPED = "The work on this was stopped before there was an answer."
_MADE = "These calls were made for it; do not repeat them:"


def answered_output(asked: Requirement) -> str | None:
    """Return the output that a person's answer is by itself; `None` where a tool runs after it, or does not run at all."""
    if asked.response is not None:
        return f"{RESPONDED}{asked.response}"
    if asked.status != "answered":
        return None
    if asked.kind == "user_feedback":
        return json.dumps({"chosen": asked.answer}, ensure_ascii=False)
    return str(asked.answer) if asked.kind == "external_execution" else None


def open_outputs(run: RunOutput) -> dict[str, str]:
    """Return the known state of each unfinished call of this ended run, by the call's id.

    A call that never began, and that has no answer, is not in it (rule L14).
    """
    members = _by_call(run)
    known = {line.call_id: _known(run, line, members.get(line.call_id)) for line in run.tools if line.status != "finished"}
    return {call_id: text for call_id, text in known.items() if text}


def with_outputs(messages: Iterable[Message], outputs: Mapping[tuple[str | None, str], str]) -> Iterator[Message]:
    """Return the messages, and after each the outputs of those of its calls that have one here, by run id and call id."""
    for message in messages:
        yield message
        for call in message.tool_calls:
            text = outputs.get((message.run_id, call.id))
            if text is not None:
                output = Message("tool", text, tool_call_id=call.id, tool_name=call.name, run_id=message.run_id)
                yield replace(output, created_at=message.created_at)


def account_of(run: RunOutput) -> str:
    """Return an account of the calls that a member, and members below it, made in this run; empty when there are none."""
    made = list(_made(run))
    return "\n".join([_MADE, *made]) if made else ""


def line_of(tool_name: str, arguments: dict[str, Any], output: str) -> str:
    """Return one call as a line of an account."""
    return f"- {tool_name}({json.dumps(arguments, ensure_ascii=False, sort_keys=True, default=str)}): {output}"


def _known(run: RunOutput, line: ToolExecution, member: RunOutput | None) -> str:
    if member is not None:
        account = account_of(member)
        return f"{_STOPPED} {account}" if account else ""
    about = [asked for asked in run.requirements if (asked.run_id, asked.call_id) == (run.run_id, line.call_id)]
    answers = [text for asked in about if (text := answered_output(asked)) is not None]
    return answers[-1] if answers else UNKNOWN if line.status == "started" else ""


def _made(run: RunOutput) -> Iterator[str]:
    members = _by_call(run)
    for line in run.tools:
        if line.call_id in members:
            yield from _made(members[line.call_id])
        elif output := line.result if line.status == "finished" else _known(run, line, None):
            yield line_of(line.tool_name, line.arguments, output)


def _by_call(run: RunOutput) -> dict[str, RunOutput]:
    return {member.parent_call_id or "": member for member in run.member_runs}
