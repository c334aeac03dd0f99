"""Names of sessions: validation of manual names (L12), and generation by a model (L11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kern.errors import InvalidSessionNameError, ModelError, NamingError
from kern.models.base import Model, ModelRequest
from kern.models.listening import ask_within
from kern.naming.answers import clean
from kern.naming.many import NamingOutcome, name_sessions
from kern.naming.pace import Pace
from kern.records.message import Message
from kern.validation.text import is_one_line, is_visible, one_line, without_hidden

__all__ = [
    "LONGEST_NAME",
    "MOST_WORDS",
    "NamingConstraints",
    "NamingOutcome",
    "Pace",
    "check_name",
    "generate_name",
    "name_sessions",
    "naming_request",
]

LONGEST_NAME = 200
MOST_WORDS = 5
#: A name is made from this many of the first user and assistant messages.
FIRST_MESSAGES = 6
#: The deadline of one request for a name (seconds), also while the server keeps sending.
LONGEST_WAIT = 60.0
#: Of a long message only the beginning is sent (characters): it is enough to tell the subject.
MESSAGE_EXCERPT = 1_000

#: A name that the storage's rules refuse is asked for again, so often in all.
MOST_TRIES = 3

_TASK = "Write a short name for this conversation, so that people can find it in a list. "
_MANNER = "Name the subject, not the people's mood. "
_FORM = "Answer with the name alone: no quotes, no markup, no full stop."
CONVERSATIONS_LANGUAGE = "in the language of the conversation"


def _nothing_wrong(name: str) -> str:  # noqa: ARG001 - without rules every name passes
    return ""


@dataclass(frozen=True)
class NamingConstraints:
    """An application's rules for the generated name of one session.

    `refusal_of` returns the reason why a name may not be, as a part of a sentence; empty for one that passes. The other fields
    are what the model is told before: the most words, the language, and sentences of the application's own.
    """

    most_words: int = MOST_WORDS
    language: str = CONVERSATIONS_LANGUAGE
    instructions: str = ""
    refusal_of: Callable[[str], str] = _nothing_wrong

    def as_instructions(self) -> str:
        """Return the instructions for the model."""
        own = f"{self.instructions.strip()} " if self.instructions.strip() else ""
        return f"{_TASK}At most {self.most_words} words, {self.language}. {_MANNER}{own}{_FORM}"


FREE = NamingConstraints()
INSTRUCTIONS = FREE.as_instructions()


def check_name(name: str) -> str:
    """Return the name without space at its ends and without hidden characters (rule L12).

    Bidi controls would turn around what stands beside the name; zero-width spaces and their kin make two names look alike.
    Joiners stay: Persian, Indic scripts and emoji of several parts are written with them. Raises `InvalidSessionNameError`
    with a name that passes when it is no text, empty, too long or has several lines.
    """
    if not isinstance(name, str):
        raise InvalidSessionNameError(f"a name is text, not {name!r}")
    trimmed = without_hidden(name).strip()
    trouble = ""
    if not is_visible(trimmed):
        trouble = "a name needs at least one visible character"
    elif len(trimmed) > LONGEST_NAME:
        trouble = f"a name has at most {LONGEST_NAME} characters; this one has {len(trimmed)}"
    elif not is_one_line(trimmed):
        trouble = "a name is one line, without control characters"
    if trouble:
        raise InvalidSessionNameError(trouble, rule="plain", proposal=one_line(trimmed)[:LONGEST_NAME].strip())
    return trimmed


def generate_name(
    model: Model,
    messages: Sequence[Message],
    *,
    seconds: float = LONGEST_WAIT,
    constraints: NamingConstraints = FREE,
) -> str:
    """Generate a name of at most five words from the first `messages` of a conversation (system and tool messages are ignored).

    Asks again when the answer is too long, and cuts it the second time, or when the `constraints` refuse it: three times in
    all. Raises `NamingError` when the conversation is empty, the model fails, takes longer than `seconds` for one answer,
    nothing is left of it, or it is refused to the end.
    """
    request = naming_request(messages, constraints).messages
    long, reason = "", ""
    for _try in range(MOST_TRIES):
        name = clean(_ask(model, request, seconds)) or long
        if not is_visible(name):
            raise NamingError(f"the model {model.id} answered with nothing that could be a name")
        if len(name.split()) > constraints.most_words and not long:
            long = name
            request += _again(name, f"it has more than {constraints.most_words} words", constraints)
            continue
        name = _cut(name, constraints.most_words)
        reason = constraints.refusal_of(name) if is_visible(name) else "nothing is left of it"
        if not reason:
            return name
        request += _again(name, reason, constraints)
    raise NamingError(f"the model {model.id} answered with a name that is not allowed: {reason}", permanent=True)


def naming_request(messages: Sequence[Message], constraints: NamingConstraints = FREE) -> ModelRequest:
    """Return what a model is asked first for a name. Raises `NamingError` when the conversation is empty."""
    said = [m for m in messages if m.role in ("user", "assistant") and m.content.strip()][:FIRST_MESSAGES]
    if not said:
        raise NamingError("the conversation has no messages to make a name from", permanent=True)
    transcript = "\n\n".join(f"{m.role}: {m.content.strip()[:MESSAGE_EXCERPT]}" for m in said)
    return ModelRequest([Message("system", constraints.as_instructions()), Message("user", transcript)])


def _again(name: str, reason: str, constraints: NamingConstraints) -> list[Message]:
    """Return the answer with its complaint, so that the next one is another."""
    wish = f"Write another name for this conversation with at most {constraints.most_words} words, in plain and neutral words."
    return [Message("assistant", name), Message("user", f"That name may not be: {reason}. {wish}")]


def _cut(name: str, most_words: int) -> str:
    return " ".join(name.split()[:most_words])[:LONGEST_NAME].rstrip(",;:–- ")


def _ask(model: Model, messages: list[Message], seconds: float) -> str:
    try:
        return ask_within(seconds, model, ModelRequest(messages=messages)).content
    except ModelError as error:
        raise NamingError(
            f"the name could not be generated: {error}",
            permanent=error.permanent,
            status=error.status,
            retry_after=error.retry_after,
        ) from error
