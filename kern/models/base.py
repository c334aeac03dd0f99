"""What the loop asks of a language model: one method that streams one answer."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from kern.errors import KernError, ModelError
from kern.message import Message, ToolCall


@dataclass(slots=True)
class Usage:
    """Tokens of one answer, as the provider counted them."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(slots=True)
class ToolSchema:
    """A tool as the model sees it; `parameters` is a JSON schema of type object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(slots=True)
class ModelRequest:
    """One question to a model. `messages` are complete and valid (see `kern.history`), the system message first."""

    messages: list[Message]
    tools: list[ToolSchema] = field(default_factory=list)
    tool_choice: Literal["auto", "none"] = "auto"
    max_output_tokens: int | None = None


@dataclass(slots=True)
class TextDelta:
    """A piece of the answer's text."""

    text: str


@dataclass(slots=True)
class AnswerRestarted:
    """The stream was cut and asked for again: forget the deltas so far."""


@dataclass(slots=True)
class ModelAnswer:
    """The whole answer; the last thing a stream yields, and only when the provider said it is complete (rule L16)."""

    content: str = ""
    tool_calls: list[ToolCall] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    provider_items: list[dict[str, Any]] = field(default_factory=list)


ModelEvent = TextDelta | AnswerRestarted | ModelAnswer


#: What a model raises when its own program is wrong: asking again runs into the same mistake.
MISTAKES = (TypeError, AttributeError, NameError, ImportError, NotImplementedError)


class Model(Protocol):
    """A language model. `id` is its name at the provider."""

    @property
    def id(self) -> str: ...

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        """Yield text as it comes and, last, one `ModelAnswer`.

        Raises `ModelError` for whatever the provider, the network or a cut stream does; closing the iterator closes the
        connection.
        """
        ...


def events_of(model: Model, request: ModelRequest) -> Generator[ModelEvent, None, None]:
    """What the model's stream yields, as something that can be closed even where the stream itself is a plain iterator.

    Raises `ModelError` for whatever a model raises that is no error of this library (rule L15); it is permanent where the
    model's program is at fault (`MISTAKES`).
    """
    try:
        yield from model.stream(request)
    except KernError:
        raise
    except Exception as error:
        from kern.tools.result import reason_of

        raise ModelError(f"the model failed with {reason_of(error)}", permanent=isinstance(error, MISTAKES)) from error


def ask(model: Model, request: ModelRequest) -> ModelAnswer:
    """Ask without caring for the stream. Raises `ModelError`, also when the stream ended without an answer."""
    with closing(events_of(model, request)) as events:
        for event in events:
            if isinstance(event, ModelAnswer):
                return event
    raise ModelError("the model's stream ended without an answer")
