"""Which messages a model may see: always valid input, whatever became of earlier runs (rule L14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kern.drafts import without_drafts
from kern.message import Message

CallKey = tuple[str | None, str | None]


def valid_input(messages: Iterable[Message], current_run_id: str | None = None) -> list[Message]:
    """The same conversation without what a provider would refuse.

    A tool call without its output (of a paused, cancelled or crashed run) is left out, and an output without its call; the
    words around it stay. Empty messages go. A provider's opaque items stay only with the current run, which they belong to.
    Answers that people looked through stand there as what was said (see kern.drafts).
    """
    everything = list(without_drafts(messages, current_run_id))
    called: set[CallKey] = {(m.run_id, call.id) for m in everything for call in m.tool_calls}
    answered: set[CallKey] = {(m.run_id, m.tool_call_id) for m in everything if m.role == "tool"}
    kept = (_without_loose_ends(message, called, answered, current_run_id) for message in everything)
    return [message for message in kept if message is not None]


def _without_loose_ends(
    message: Message, called: set[CallKey], answered: set[CallKey], current_run_id: str | None
) -> Message | None:
    if message.role == "tool":
        return message if (message.run_id, message.tool_call_id) in called else None
    calls = [call for call in message.tool_calls if (message.run_id, call.id) in answered]
    if not message.content and not calls:
        return None
    keeps_items = message.run_id == current_run_id
    if len(calls) == len(message.tool_calls) and (keeps_items or not message.provider_items):
        return message
    return replace(message, tool_calls=calls, provider_items=message.provider_items if keeps_items else [])
