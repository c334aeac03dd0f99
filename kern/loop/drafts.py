"""Answers that a person reviews before they are sent (`Agent(review_answers=True)`).

A final answer becomes a stored call of the pseudo-tool `send_answer` (see kern.records.drafts), so it pauses, continues and
survives a crash like any other call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kern.errors import InvalidAnswerError
from kern.events import RunEvent
from kern.loop.turn import Turn
from kern.records.call_outcomes import DO_NOT_FIT
from kern.records.drafts import SCHEMA, SEND_ANSWER, arguments_without_thinking
from kern.records.message import Message, ToolCall
from kern.records.requirement import Requirement
from kern.validation.text import storable

_NOT_SENT: dict[str, str] = {
    "rejected": "A person looked at this answer and did not send it.",
    "expired": "Nobody looked at this answer in time, so it was not sent. It was not rejected.",
    "superseded": "This answer was withdrawn because something newer happened; it was not sent.",
    "cancelled": "This answer was cancelled; it was not sent.",
}


def is_draft(turn: Turn, call: ToolCall) -> bool:
    """Return whether the call is an answer to review; a call with a requirement stays one when the mode changes."""
    return call.name == SEND_ANSWER and (turn.reviews_answers or turn.requirement_of(call) is not None)


def settle_draft(turn: Turn, call: ToolCall, arguments: dict[str, Any]) -> Iterator[RunEvent]:
    """Ask a person, or follow their answer: send (`sent_answer` has the text then), or have it written again."""
    asked = turn.requirement_of(call)
    if asked is None:
        yield from _ask_for_review(turn, call, arguments_without_thinking(arguments))
    elif asked.status == "pending":
        turn.is_waiting = True
    elif asked.status in _NOT_SENT:
        wish = f" Do this instead: {asked.note}" if asked.note else ""
        # An expired review would likely expire again: the turn ends, and a person can reopen it.
        again = "" if asked.status == "expired" else " Write the answer again."
        yield from turn.finish_call(call, f"{_NOT_SENT[asked.status]}{wish}{again}", failed=True)
    else:
        yield from turn.finish_call(call, "A person sent this answer.", asked=asked)


def sent_answer(turn: Turn) -> Message | None:
    """Return the answer of this run that a person sent, in their words; an empty one where the time ran out."""
    drafts = [item for item in turn.run.requirements if item.reason == "draft" and item.run_id == turn.run.run_id]
    if not drafts or drafts[-1].status not in ("executed", "expired"):
        return None
    words = "" if drafts[-1].status == "expired" else _words_sent(drafts[-1])
    return Message("assistant", words, run_id=turn.run.run_id, author=turn.who.name or None)


def _ask_for_review(turn: Turn, call: ToolCall, arguments: dict[str, Any]) -> Iterator[RunEvent]:
    from kern.validation.json_schema import validate

    try:
        validate(arguments, SCHEMA)
    except InvalidAnswerError as error:
        yield from turn.finish_call(call, f"{DO_NOT_FIT}{error}", failed=True)
        return
    turn.wait_for(turn.questions.about_draft(call, arguments))


def _words_sent(draft: Requirement) -> str:
    return storable(str(draft.effective_arguments["text"]) if draft.response is None else draft.response)
