"""What the server answers: replies, and the queue or function they come from."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Text:
    """Words, streamed one at a time (`chunks` gives the exact pieces instead), `delay` seconds before each.

    `reasoning` puts a reasoning item with that encrypted content in front, `thought` one that people can read. `usage` replaces
    the estimated token counts.
    """

    text: str = "Hello."
    chunks: Sequence[str] | None = None
    delay: float = 0.0
    reasoning: str | None = None
    thought: str = ""
    usage: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Calls:
    """Function calls, each a name with its arguments (a dict, or the JSON text itself); `text` is said before them.

    `ids` are the call ids; otherwise each call gets a fresh one.
    """

    calls: Sequence[tuple[str, Mapping[str, Any] | str]]
    text: str = ""
    ids: Sequence[str] | None = None
    delay: float = 0.0
    reasoning: str | None = None
    thought: str = ""
    usage: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Refusal:
    """The model declines, in its own words."""

    text: str = "I can't help with that."


@dataclass(frozen=True)
class ErrorReply:
    """An HTTP error; `retry_after` becomes the header of that name (seconds, or a date as text), `location` a redirect's."""

    status: int
    code: str | None = None
    message: str = "Something went wrong."
    retry_after: float | str | None = None
    location: str | None = None


@dataclass(frozen=True)
class Failed:
    """The stream begins, then `response.failed`."""

    code: str = "server_error"
    message: str = "The server had an error."
    after: Text | Calls | None = None


@dataclass(frozen=True)
class ErrorEvent:
    """The stream begins, then an event of type `error`. With `nested` its fields stand inside `error`, as some servers do."""

    code: str | None = "server_error"
    message: str = "The server had an error."
    nested: bool = False


@dataclass(frozen=True)
class Incomplete:
    """The answer stops early, and the server says why: `max_output_tokens` or `content_filter`."""

    reason: str = "max_output_tokens"
    text: str = "The answer is"


@dataclass(frozen=True)
class Cut:
    """The connection breaks after that many events of `reply`. `clean` ends the stream properly instead, only too early."""

    after_events: int
    reply: Text | Calls = Text("This answer will not arrive whole.")
    clean: bool = False


@dataclass(frozen=True)
class Hang:
    """After that many events nothing more comes, until the client goes or the server is closed. With 0 not even the headers."""

    after_events: int = 0
    reply: Text | Calls = Text("This answer gets stuck.")


@dataclass(frozen=True)
class Endless:
    """The stream begins, and then `what` comes again and again, until the client goes or the server is closed.

    `comments` are keep-alives (`: ping`), `reasoning` and `arguments` are deltas of an item that never ends.
    """

    what: Literal["comments", "reasoning", "arguments"] = "comments"
    every: float = 0.02


@dataclass(frozen=True)
class Slow:
    """The model thinks that many seconds before it begins `reply`."""

    seconds: float
    reply: Text | Calls = Text("That took a moment.")


@dataclass(frozen=True)
class Garbage:
    """These bytes, with status 200."""

    body: bytes = b"event: response.created\ndata: {this is no JSON\n\n"
    content_type: str = "text/event-stream"


Reply = Text | Calls | Refusal | ErrorReply | Failed | ErrorEvent | Incomplete | Cut | Hang | Endless | Slow | Garbage
Brain = Callable[[dict[str, Any]], Reply]


class Script:
    """Where replies come from: a function of the request, or a queue that must not run dry."""

    def __init__(self, brain: Brain) -> None:
        self._brain: Brain | None = brain
        self._queue: deque[Reply] = deque()
        self._lock = threading.Lock()

    def use(self, *replies: Reply | Brain) -> None:
        """Replace what is left by these replies, or by one function."""
        with self._lock:
            brain = replies[0] if len(replies) == 1 and callable(replies[0]) else None
            self._brain = brain
            self._queue = deque() if brain else deque(reply for reply in replies if not callable(reply))

    def next(self, request: dict[str, Any]) -> Reply:
        with self._lock:
            brain = self._brain
            if brain is None:
                return (
                    self._queue.popleft() if self._queue else ErrorReply(400, "script_ended", "The script has no reply left.")
                )
        return brain(request)
