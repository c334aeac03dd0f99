"""The part of a conversation that goes to a model: shortened tool outputs and as many earlier runs as fit (rule L20).

Only the request is shortened. The rows, and people's pages, keep everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kern.records.history import in_turns, run_by_run, valid_input
from kern.records.message import Message

#: Characters of one tool's output.
MAX_TOOL_OUTPUT_CHARS = 16_000
#: About half of what models with 128k tokens take: instructions, tools, the answer and a wrong guess need room, too.
MAX_HISTORY_TOKENS = 64_000
#: No output is made shorter than this (characters): from less, no model could tell anything.
SHORTEST_OUTPUT = 500
#: Tokens of roles and separators (a message).
OVERHEAD = 4
BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Window:
    """The size of one request: characters of each tool output, and tokens of all messages (`None`: any number).

    The run at work is never left out. Where it is too long alone, its tool outputs are shortened further.
    """

    max_tool_output_chars: int | None = MAX_TOOL_OUTPUT_CHARS
    max_tokens: int | None = MAX_HISTORY_TOKENS

    def of(self, context: Iterable[Message], own: Iterable[Message], run_id: str) -> list[Message]:
        """Return the model's messages.

        As much of `context` (earlier runs, oldest first) as fits before `own` (the run at work).
        """
        current = self._fitted(self._shortened(valid_input(own, run_id)))
        earlier = self._shortened(valid_input(context, run_id))
        if self.max_tokens is not None:
            earlier = _newest(earlier, self.max_tokens - tokens_of(current))
        return in_turns([*earlier, *current])

    def halved(self, sent: Sequence[Message]) -> Window:
        """Return the window for a retry after the server refused `sent` as too long."""
        return replace(self, max_tokens=tokens_of(message for message in sent if message.role != "system") // 2)

    def _shortened(self, messages: list[Message]) -> list[Message]:
        most = self.max_tool_output_chars
        return messages if most is None else [_with_short_output(message, most) for message in messages]

    def _fitted(self, own: list[Message]) -> list[Message]:
        most = max((len(message.content) for message in own if message.role == "tool"), default=0)
        while self.max_tokens is not None and most > SHORTEST_OUTPUT and tokens_of(own) > self.max_tokens:
            most = max(most // 2, SHORTEST_OUTPUT)
            own = [_with_short_output(message, most) for message in own]
        return own


def tokens_of(messages: Iterable[Message]) -> int:
    """Return the approximate number of tokens of the messages: a quarter of their UTF-8 bytes.

    That is four letters a token for English, two for Cyrillic, and nearly one for each Chinese or Japanese character.
    """
    return sum(OVERHEAD + len(_text(message).encode("utf-8", "replace")) // BYTES_PER_TOKEN for message in messages)


def shortened(text: str, most: int) -> str:
    """Return the text's beginning and end with the length of the gap between them; at most `most` characters."""
    if len(text) <= most:
        return text
    note = "\n[… {:,} of {:,} characters left out …]\n"
    room = max(most - len(note.format(len(text), len(text))), most // 2)
    tail = room // 3
    head = room - tail
    return text[:head] + note.format(len(text) - room, len(text)) + text[len(text) - tail :]


def _with_short_output(message: Message, most: int) -> Message:
    if message.role != "tool" or len(message.content) <= most:
        return message
    return replace(message, content=shortened(message.content, most))


def _newest(messages: list[Message], tokens: int) -> list[Message]:
    """Return the newest runs, whole, that have no more tokens than that."""
    kept: list[list[Message]] = []
    for run in reversed(_runs(messages)):
        tokens -= tokens_of(run)
        if tokens < 0:
            break
        kept.append(run)
    return [message for run in reversed(kept) for message in run]


def _runs(messages: list[Message]) -> list[list[Message]]:
    runs: list[list[Message]] = []
    for message in run_by_run(messages):
        if runs and message.run_id is not None and runs[-1][-1].run_id == message.run_id:
            runs[-1].append(message)
        else:
            runs.append([message])
    return runs


def _text(message: Message) -> str:
    calls = (f"{call.name}{call.arguments}" for call in message.tool_calls)
    return "".join((message.content, *calls))
