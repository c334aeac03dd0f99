"""Fakes for tests without a network: a model with scripted replies."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from json import dumps
from typing import Any

from kern.errors import KernError
from kern.models.base import ModelAnswer, ModelEvent, ModelRequest, TextDelta
from kern.records.message import ToolCall

__all__ = [
    "FixedReply",
    "Reply",
    "ScriptExhaustedError",
    "ScriptedModel",
    "call",
    "words",
]

FixedReply = str | ModelAnswer | ToolCall | list[ToolCall] | BaseException
Reply = FixedReply | Callable[[ModelRequest], FixedReply]


class ScriptExhaustedError(KernError, AssertionError):
    """A `ScriptedModel` was asked more often than it has replies."""


def call(name: str, /, **arguments: Any) -> ToolCall:
    """Return a tool call as a model would make it, with an id of its own."""
    return ToolCall(id=f"call_{uuid.uuid4().hex}", name=name, arguments=dumps(arguments))


class ScriptedModel:
    """A model that gives its `replies` in order, word by word; any number of threads may ask it.

    A reply is text, a tool call or several, a whole `ModelAnswer`, an exception to raise, or a function that makes one of these
    from the request. With `cycle` it starts over at the end, else it raises `ScriptExhaustedError`. `requests` holds the
    requests that it got.
    """

    def __init__(self, replies: Iterable[Reply], id: str = "scripted", *, cycle: bool = False) -> None:
        self.id = id
        self.requests: list[ModelRequest] = []
        self._replies = list(replies)
        self._cycle = cycle
        self._lock = threading.Lock()

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        """Yield the next reply. Raises it where it is an exception, and `ScriptExhaustedError` when none is left."""
        reply = self._next(request)
        if callable(reply) and not isinstance(reply, type):
            reply = reply(request)
        if isinstance(reply, BaseException):
            raise reply
        answer = self._answer(reply)
        for word in words(answer.content):
            yield TextDelta(word)
        yield answer

    def _next(self, request: ModelRequest) -> Reply:
        with self._lock:
            asked = len(self.requests)
            # The loop goes on to append to its own list; the record must stay what was asked.
            self.requests.append(replace(request, messages=list(request.messages), tools=list(request.tools)))
            if self._replies and (self._cycle or asked < len(self._replies)):
                return self._replies[asked % len(self._replies)]
        raise ScriptExhaustedError(
            f"model {self.id!r} has {len(self._replies)} replies and was asked for number {asked + 1}: {_last_words(request)}"
        )

    def _answer(self, reply: object) -> ModelAnswer:
        match reply:
            case str():
                return ModelAnswer(content=reply, model=self.id)
            case ToolCall():
                return ModelAnswer(tool_calls=[reply], model=self.id)
            case list():
                return ModelAnswer(tool_calls=list(reply), model=self.id)
            case ModelAnswer():
                return replace(reply, model=reply.model or self.id)
        raise TypeError(f"no reply for a model: {reply!r}")


def words(text: str) -> list[str]:
    """Split the text in pieces of one word and the white space after it; joined they are the text."""
    return re.findall(r"\s*\S+\s*|\s+", text)


def _last_words(request: ModelRequest) -> str:
    if not request.messages:
        return "with no messages"
    last = request.messages[-1]
    return f"the last message is of role {last.role}: {last.content[:80]!r}"
