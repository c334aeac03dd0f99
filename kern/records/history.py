"""The messages that a model may see: always valid input, after any end of earlier runs (rules L14, L20).

Their number is the matter of `kern.loop.window`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from kern.records.drafts import without_drafts
from kern.records.message import Message, ToolCall

CallKey = tuple[str | None, str | None]
Outputs = Mapping[CallKey, deque[Message]]

#: Fill a role that chat templates require: most begin with the user, end with the user or a tool's output,
#: and let only the assistant speak after an output (Mistral's, Gemma's, DeepSeek's and others refuse the whole request).
BEGUN_BEFORE = "[The conversation so far:]"
NO_ANSWER = "[No answer was given.]"
GO_ON = "[Answer now.]"
LEFT_OUT = "[A message was left out here: the model's server refused it.]"
#: So many refused turns in a row mean that what stands before them may be what is refused.
MOST_REFUSALS = 2


def valid_input(messages: Iterable[Message], current_run_id: str | None = None) -> list[Message]:
    """Return the conversation without parts that a provider would refuse.

    Each run stands in one piece, also where runs overlapped, and each message's calls stand directly before their outputs. A
    tool call without its output (of a paused, cancelled or crashed run) is left out, and an output without its call; the words
    around it stay. Empty messages go. A provider's opaque items stay only with the current run, which they belong to. Answers
    that people looked through stand there as what was said (see kern.records.drafts).
    """
    everything = run_by_run(without_drafts(messages, current_run_id))
    outputs: defaultdict[CallKey, deque[Message]] = defaultdict(deque)
    for message in everything:
        if message.role == "tool":
            outputs[message.run_id, message.tool_call_id].append(message)
    said = (message for message in everything if message.role != "tool")
    return [item for message in said for item in _with_outputs(message, outputs, message.run_id == current_run_id)]


def run_by_run(messages: Iterable[Message]) -> list[Message]:
    """Return the messages with those of each run together, runs in the order of their first messages."""
    runs: dict[object, list[Message]] = {}
    for position, message in enumerate(messages):
        runs.setdefault(position if message.run_id is None else message.run_id, []).append(message)
    return [message for run in runs.values() for message in run]


def in_turns(messages: Iterable[Message]) -> list[Message]:
    """Return valid input with roles as the strictest chat template wants them.

    Neighbours of one role are one message, the user speaks first, the assistant after a tool's output, and the model has
    something to answer. Messages of two people stay apart: one person's words may not pass for another's.
    """
    turns: list[Message] = []
    for message in messages:
        before = turns[-1] if turns else None
        if before is None and message.role != "user":
            turns.append(Message("user", BEGUN_BEFORE))
        elif before is not None and message.role == "user" and (before.role == "tool" or _is_another(before, message)):
            turns.append(Message("assistant", NO_ANSWER))
            before = None
        if before is not None and _is_one_with(before, message):
            turns[-1] = _joined(before, message)
        else:
            turns.append(message)
    if not turns or turns[-1].role == "assistant":
        turns.append(Message("user", GO_ON))
    return turns


def since_refusals(refused: Sequence[bool]) -> int:
    """Return the index of the first run of a model's window: the beginning of the last `MOST_REFUSALS` refused runs in a row.

    The server may refuse them for an earlier message; after that many refusals it never sees that message again.
    """
    starts = range(len(refused) - MOST_REFUSALS, -1, -1)
    return next((start for start in starts if all(refused[start : start + MOST_REFUSALS])), 0)


def without_refused(messages: Iterable[Message], refused: Mapping[str, Sequence[str]]) -> list[Message]:
    """Replace each run that a server refused for good by one line; `refused` has the tools it had called.

    What such a run's tools gave back may be what was refused, so no more than their names is told: a model that knew nothing
    of them would call them again.
    """
    shown: list[Message] = []
    told: set[str] = set()
    for message in messages:
        run_id = message.run_id or ""
        if run_id not in refused:
            shown.append(message)
        elif run_id not in told:
            told.add(run_id)
            line = Message("user", _left_out(refused[run_id]), run_id=run_id, created_at=message.created_at)
            if not (shown and (shown[-1].role, shown[-1].content) == (line.role, line.content)):
                shown.append(line)
    return shown


def _left_out(tools: Sequence[str]) -> str:
    if not tools:
        return LEFT_OUT
    return f"{LEFT_OUT[:-1]} These tools were called for it; do not call them again for that: {', '.join(tools)}.]"


def _with_outputs(message: Message, outputs: Outputs, is_current: bool) -> Iterator[Message]:
    """Return the message with those of its calls that have an output, and these outputs.

    Nothing where nothing is left of it.
    """
    found = [(call, waiting.popleft()) for call in message.tool_calls if (waiting := outputs.get((message.run_id, call.id)))]
    calls: list[ToolCall] = [call for call, _ in found]
    if not message.content and not calls:
        return
    if len(calls) == len(message.tool_calls) and (is_current or not message.provider_items):
        yield message
    else:
        yield replace(message, tool_calls=calls, provider_items=message.provider_items if is_current else [])
    yield from (output for _, output in found)


def _is_one_with(before: Message, message: Message) -> bool:
    if before.role != message.role or message.role not in ("user", "assistant"):
        return False
    # Provider items refer to the text or calls of their own message, so such messages stay apart.
    return not (before.tool_calls or before.provider_items or message.provider_items)


def _is_another(before: Message, message: Message) -> bool:
    """Return whether two neighbours are known to be of two people."""
    return before.role == message.role and None not in (before.author, message.author) and before.author != message.author


def _joined(before: Message, message: Message) -> Message:
    words = [part for part in (before.content, message.content) if part]
    return replace(message, content="\n\n".join(words))
