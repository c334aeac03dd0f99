"""What may differ from server to server, each as OpenAI's documentation says it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from tests.responses_server.validation import check
from tests.responses_server.wire import Json, Spoken, as_sse


@dataclass(frozen=True)
class Raw:
    """A whole HTTP answer, sent as it is. `length` is what the header claims where that is not the truth."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/event-stream"
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None


class Habits:
    """The habits of a server that keeps to the documentation to the letter: the base of every other."""

    name: ClassVar[str] = "documented"
    #: Whether it gives reasoning that it takes back in the next request.
    replays_reasoning: ClassVar[bool] = True
    #: Headers of every answer.
    headers: ClassVar[dict[str, str]] = {}
    #: Bytes in front of the first event, and after the last.
    greeting: ClassVar[bytes] = b""
    farewell: ClassVar[bytes] = b""
    #: Bytes that are sent at once; None sends an event whole.
    chunk: ClassVar[int | None] = None

    def check(self, request: Json) -> Json:
        """The request, if it takes it. Raises `Rejected`."""
        return check(request)

    def raw(self, spoken: Spoken) -> Raw | None:
        """A whole answer in place of events, or None."""
        return None

    def events(self, spoken: Spoken) -> Iterator[Json]:
        """The events of the stream in order."""
        return spoken.events()

    def frame(self, event: Json) -> bytes:
        """One event as bytes."""
        return as_sse(event)

    def error(self, status: int, error: Json) -> Json | str:
        """The body of an error; text is sent as an HTML page. `error` is what OpenAI would say."""
        return {"error": error}

    def retry_headers(self, retry_after: float | str) -> dict[str, str]:
        """Headers that ask to wait (seconds, or a date as text)."""
        return {"Retry-After": str(retry_after)}

    def pieces(self, data: bytes) -> Iterable[bytes]:
        """What is written at once."""
        size = self.chunk or len(data)
        return (data[start : start + size] for start in range(0, len(data), size))


def data_only(event: Json) -> bytes:
    """An event without its `event:` line."""
    return f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def numbered(events: Iterable[Json]) -> Iterator[Json]:
    """The events with their sequence numbers."""
    for number, event in enumerate(events):
        yield {**event, "sequence_number": number}


def fresh(prefix: str) -> str:
    """A new id."""
    return f"{prefix}{uuid.uuid4().hex}"


def text_of(item: Json) -> str:
    """The words of a message item."""
    return "".join(part.get("text", part.get("refusal", "")) for part in item["content"])


def thought_of(item: Json) -> str:
    """The readable part of a reasoning item."""
    return "".join(part["text"] for part in item["summary"])
