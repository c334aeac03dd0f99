"""The interface of a language model: one method that streams one answer."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol
from weakref import WeakSet

from kern.errors import KernError, ModelError
from kern.records.message import Message, ToolCall
from kern.thinking import ThinkingReader, split_thinking
from kern.thinking.words import Said
from kern.validation.reasons import reason_of
from kern.validation.sizes import MAX_ANSWER_CHARS
from kern.validation.text import is_visible


@dataclass(slots=True)
class Usage:
    """Tokens of one answer, as the provider counted them."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )


@dataclass(slots=True)
class ToolSchema:
    """A tool as the model sees it; `parameters` is a JSON schema of type object."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(slots=True)
class ModelRequest:
    """One question to a model. `messages` are complete and valid (see `kern.records.history`), the system message first."""

    messages: list[Message]
    tools: list[ToolSchema] = field(default_factory=list)
    tool_choice: Literal["auto", "none"] = "auto"
    max_output_tokens: int | None = None


@dataclass(slots=True)
class TextDelta:
    """A piece of the answer's text."""

    text: str


@dataclass(slots=True)
class ReasoningDelta:
    """A piece of the model's thinking, which the customer never reads."""

    text: str


@dataclass(slots=True)
class AnswerRestarted:
    """The stream was cut and asked for again, or its text was thinking: forget the text so far."""


@dataclass(slots=True)
class ModelAnswer:
    """The whole answer; the last event of a stream, and only when the provider said it is complete (rule L16).

    `reasoning` is the model's thinking, as far as the provider shows it. `provider_items` are the provider's own items in their
    order; the places of text and calls among them are marked by `{"type": "message"}` and `{"type": "function_call", "call_id":
    …}`.
    """

    content: str = ""
    tool_calls: list[ToolCall] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    provider_items: list[dict[str, Any]] = field(default_factory=list)
    reasoning: str = ""

    @property
    def is_empty(self) -> bool:
        """True if the answer has neither text nor a call."""
        return not self.tool_calls and not is_visible(self.content)


ModelEvent = TextDelta | ReasoningDelta | AnswerRestarted | ModelAnswer


#: Exceptions of a defect in a model's own program: a retry runs into the same defect.
MISTAKES = (TypeError, AttributeError, NameError, ImportError, NotImplementedError)


class Model(Protocol):
    """A language model. `id` is its name at the provider."""

    @property
    def id(self) -> str: ...

    def stream(self, request: ModelRequest) -> Iterator[ModelEvent]:
        """Yield text as it comes and, last, one `ModelAnswer`.

        Raises `ModelError` for every failure of the provider, the network or the stream; closing the iterator closes the
        connection. It runs on a thread of its own. Where it blocks, `kern.threads.cancellation.current()` tells that the answer
        is no longer needed; a model that ignores it is closed after its next event.
        """
        ...


def events_of(model: Model, request: ModelRequest) -> Generator[ModelEvent, None, None]:
    """Yield the events of the model's stream with thinking separated from text; the generator can always be closed.

    Any exception that is not an error of this library becomes a `ModelError` (rule L15); it is permanent where the model's
    program is at fault (`MISTAKES`).
    """
    try:
        yield from _bounded(_without_thinking(model, model.stream(request)))
    except KernError:
        raise
    except Exception as error:
        text = f"the model failed with {reason_of(error)}"
        raise ModelError(text, permanent=isinstance(error, MISTAKES), refused=False) from error


def _bounded(events: Generator[ModelEvent, None, None]) -> Generator[ModelEvent, None, None]:
    """Yield the events of an answer of limited size. Raises `ModelError` once it has more than `MAX_ANSWER_CHARS`."""
    size = 0
    with closing(events):
        for event in events:
            if isinstance(event, TextDelta):
                size += len(event.text)
            elif isinstance(event, ModelAnswer):
                size = len(event.content) + sum(len(call.arguments) for call in event.tool_calls)
            elif isinstance(event, AnswerRestarted):
                size = 0
            if size > MAX_ANSWER_CHARS:
                raise ModelError(f"the model did not come to an end: its answer has more than {MAX_ANSWER_CHARS:,} characters")
            yield event


def answer_events(model: Model, request: ModelRequest) -> Generator[ModelEvent, None, None]:
    """Yield `events_of`, and ask again once when the answer has neither text nor calls; then raise `ModelError` (rule L17)."""
    empty: ModelAnswer | None = None
    for _ in range(2):
        answer: ModelAnswer | None = None
        with closing(events_of(model, request)) as events:
            for event in events:
                if isinstance(event, ModelAnswer):
                    answer = event
                else:
                    yield event
        if answer is None:
            return
        if empty is not None:
            answer = replace(answer, usage=empty.usage + answer.usage)
        if not answer.is_empty:
            yield answer
            return
        empty = answer
        yield AnswerRestarted()
    thought = ", only thinking" if empty is not None and empty.reasoning else ""
    raise ModelError(f"the model was asked twice and gave no answer: neither words nor a tool call came{thought}")


def ask(model: Model, request: ModelRequest) -> ModelAnswer:
    """Return the answer without streaming. Raises `ModelError`, also when the stream ended without an answer."""
    with closing(events_of(model, request)) as events:
        return answer_of(events)


def answer_of(events: Iterable[ModelEvent]) -> ModelAnswer:
    """Return the answer of a stream. Raises `ModelError` when there is none."""
    for event in events:
        if isinstance(event, ModelAnswer):
            return event
    raise ModelError("the model's stream ended without an answer")


def _without_thinking(model: Model, events: Iterator[ModelEvent]) -> Generator[ModelEvent, None, None]:
    """Yield the events, with the thinking inside the text as reasoning."""
    reader = ThinkingReader(begins_in_thought=_thinking_first.has(model))
    try:
        for event in events:
            if isinstance(event, TextDelta):
                yield from _told(reader.read(event.text), event.text)
            elif isinstance(event, ModelAnswer):
                yield from _told(reader.finish())
                _thinking_first.learn(model, reader.began_in_thought)
                yield _split(event)
            else:
                if isinstance(event, AnswerRestarted):
                    reader = ThinkingReader(begins_in_thought=_thinking_first.has(model))
                yield event
    finally:
        close = getattr(events, "close", None)
        if close is not None:
            close()


class _ThinkingFirst:
    """The models whose last answer began inside thinking, because their template opens it.

    Of their next answers nothing is told before the closing tag; the first such answer is taken back when that tag comes.
    """

    def __init__(self) -> None:
        self._models: WeakSet[Model] = WeakSet()

    def has(self, model: Model) -> bool:
        try:
            return model in self._models
        except TypeError:
            # A model that compares by value has no hash, and cannot be remembered.
            return False

    def learn(self, model: Model, thinks_first: bool) -> None:
        with suppress(TypeError):
            (self._models.add if thinks_first else self._models.discard)(model)


_thinking_first = _ThinkingFirst()


def _told(said: Said, heard: str = "") -> Iterator[ModelEvent]:
    """Yield a piece of text as events; where nothing is visible yet, an event that shows that the model is at work."""
    if said.afresh:
        yield AnswerRestarted()
    if said.text:
        yield TextDelta(said.text)
    elif heard:
        yield ReasoningDelta("")


def _split(answer: ModelAnswer) -> ModelAnswer:
    words, thought = split_thinking(answer.content)
    if not thought and words == answer.content:
        return answer
    return replace(answer, content=words, reasoning="\n\n".join(filter(None, (answer.reasoning, thought))))
