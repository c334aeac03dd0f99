"""Answers that a person looks through before they are sent (`Agent(review_answers=True)`).

A final answer becomes a stored call of the pseudo-tool `send_answer`, so it pauses, continues and survives a crash like any
other call. The model never sees that tool: it reads a draft that was not sent as what it said, then what the person wants.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kern.errors import InvalidAnswerError
from kern.records.message import Message, ToolCall, new_id, storable
from kern.records.requirement import Requirement
from kern.thinking import split_thinking

if TYPE_CHECKING:
    from kern.events import RunEvent
    from kern.loop.turn import Turn

SEND_ANSWER = "send_answer"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1}},
    "required": ["text"],
    "additionalProperties": False,
}
_NOT_SENT: dict[str, str] = {
    "rejected": "A person looked at this answer and did not send it.",
    "expired": "Nobody looked at this answer in time, so it was not sent. It was not rejected.",
    "superseded": "This answer was withdrawn because something newer happened; it was not sent.",
    "cancelled": "This answer was cancelled; it was not sent.",
}


def as_draft(answer: Message) -> Message:
    """A final answer as the call that asks a person to send it. An answer without words stays as it is.

    What the provider kept for itself led to words, not to a call, and is left out.
    """
    if not answer.content.strip():
        return answer
    text = json.dumps({"text": storable(answer.content)}, ensure_ascii=False)
    return replace(answer, content="", tool_calls=[ToolCall(f"call_{new_id()}", SEND_ANSWER, text)], provider_items=[])


def is_draft(turn: Turn, call: ToolCall) -> bool:
    """Whether the call is an answer to look through; one that somebody was asked about stays so when the mode changes."""
    return call.name == SEND_ANSWER and (turn.reviews_answers or turn.requirement_of(call) is not None)


def settle_draft(turn: Turn, call: ToolCall, arguments: dict[str, Any]) -> Iterator[RunEvent]:
    """Ask a person, or do what they said: send (`sent_answer` has the text then), or have it written again."""
    from kern.loop.calls import finish_call, wait_for
    from kern.validation.json_schema import validate

    asked = turn.requirement_of(call)
    if asked is None:
        arguments = _without_thinking(arguments)
        try:
            validate(arguments, SCHEMA)
        except InvalidAnswerError as error:
            yield from finish_call(turn, call, f"The arguments do not fit: {error}", failed=True)
            return
        wait_for(turn, _question(turn, call, arguments))
    elif asked.status == "pending":
        turn.is_waiting = True
    elif asked.status in _NOT_SENT:
        wish = f" Do this instead: {asked.note}" if asked.note else ""
        # Where nobody looked, nobody would look at another one either: the turn ends, and a person can have this asked again.
        again = "" if asked.status == "expired" else " Write the answer again."
        yield from finish_call(turn, call, f"{_NOT_SENT[asked.status]}{wish}{again}", failed=True)
    else:
        yield from finish_call(turn, call, "A person sent this answer.", asked=asked)


def sent_answer(turn: Turn) -> Message | None:
    """The answer of this run that a person sent, in the words they sent it with; one without words where time ran out."""
    drafts = [item for item in turn.run.requirements if item.reason == "draft" and item.run_id == turn.run.run_id]
    if not drafts or drafts[-1].status not in ("executed", "expired"):
        return None
    words = "" if drafts[-1].status == "expired" else _words_sent(drafts[-1])
    return Message("assistant", words, run_id=turn.run.run_id, author=turn.who.name or None)


def _words_sent(draft: Requirement) -> str:
    return storable(str(draft.effective_arguments["text"]) if draft.response is None else draft.response)


def without_drafts(messages: Iterable[Message], current_run_id: str | None) -> Iterator[Message]:
    """The conversation as models read it: drafts of the current run as said and sent back, those of earlier runs left out."""
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


def _question(turn: Turn, call: ToolCall, arguments: dict[str, Any]) -> Requirement:
    return Requirement(
        kind="confirmation",
        reason="draft",
        run_id=turn.run.run_id,
        root_run_id=turn.claim.run_id,
        session_id=turn.run.session_id,
        call_id=call.id,
        tool_name=SEND_ANSWER,
        arguments=arguments,
        schema=SCHEMA,
        question="Send this answer?",
        agent_name=turn.who.name,
    )


def _text_of(call: ToolCall) -> str:
    try:
        return str(_without_thinking(call.parsed()).get("text", ""))
    except ValueError:
        return ""


def _without_thinking(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments as people and customers read them: a model that has seen a draft may call the pseudo-tool itself."""
    text = arguments.get("text")
    return {**arguments, "text": split_thinking(text)[0]} if isinstance(text, str) else arguments
