"""Names of sessions: validation of manual names (L12), and generation by a model (L11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kern.errors import InvalidSessionNameError, ModelError, NamingError
from kern.models.base import Model, ModelRequest
from kern.models.listening import ask_within
from kern.naming.answers import clean
from kern.naming.many import NamingOutcome, name_sessions
from kern.naming.pace import Pace
from kern.records.message import Message
from kern.validation.text import is_one_line, is_visible, without_hidden

__all__ = [
    "LONGEST_NAME",
    "MOST_WORDS",
    "NamingOutcome",
    "Pace",
    "check_name",
    "generate_name",
    "name_sessions",
]

LONGEST_NAME = 200
MOST_WORDS = 5
#: A name is made from this many of the first user and assistant messages.
FIRST_MESSAGES = 6
#: The deadline of one request for a name (seconds), also while the server keeps sending.
LONGEST_WAIT = 60.0
#: Of a long message only the beginning is sent (characters): it is enough to tell the subject.
MESSAGE_EXCERPT = 1_000

INSTRUCTIONS = (
    "Write a short name for this conversation, so that people can find it in a list. "
    f"At most {MOST_WORDS} words, in the language of the conversation. Name the subject, not the people's mood. "
    "Answer with the name alone: no quotes, no markup, no full stop."
)
NOT_ALLOWED = (
    "That name has words in it that names may not have here. "
    f"Write another name for this conversation with at most {MOST_WORDS} words, in plain and neutral words."
)
TOO_LONG = f"That has more than {MOST_WORDS} words. Write a name for this conversation with at most {MOST_WORDS} words."


def check_name(name: str) -> str:
    """Return the name without space at its ends and without hidden characters (rule L12).

    Bidi controls would turn around what stands beside the name; zero-width spaces and their kin make two names look alike.
    Joiners stay: Persian, Indic scripts and emoji of several parts are written with them. Raises `InvalidSessionNameError` when
    the name is no text, empty, too long or has several lines.
    """
    if not isinstance(name, str):
        raise InvalidSessionNameError(f"a name is text, not {name!r}")
    trimmed = without_hidden(name).strip()
    if not is_visible(trimmed):
        raise InvalidSessionNameError("a name needs at least one visible character")
    if len(trimmed) > LONGEST_NAME:
        raise InvalidSessionNameError(f"a name has at most {LONGEST_NAME} characters; this one has {len(trimmed)}")
    if not is_one_line(trimmed):
        raise InvalidSessionNameError("a name is one line, without control characters")
    return trimmed


def generate_name(
    model: Model,
    messages: Sequence[Message],
    *,
    seconds: float = LONGEST_WAIT,
    allows: Callable[[str], bool] = bool,
) -> str:
    """Generate a name of at most five words from the first `messages` of a conversation (system and tool messages are ignored).

    Asks once more when the answer is too long, and cuts it then, or when `allows` (any, if not given) refuses it. Raises
    `NamingError` when the conversation is empty, the model fails, takes longer than `seconds` for one answer, nothing is left
    of it, or it is refused again.
    """
    said = [m for m in messages if m.role in ("user", "assistant") and m.content.strip()][:FIRST_MESSAGES]
    if not said:
        raise NamingError("the conversation has no messages to make a name from", permanent=True)
    transcript = "\n\n".join(f"{m.role}: {m.content.strip()[:MESSAGE_EXCERPT]}" for m in said)
    request = [Message("system", INSTRUCTIONS), Message("user", transcript)]
    name = clean(_ask(model, request, seconds))
    refused = bool(name) and not allows(name)
    if refused or len(name.split()) > MOST_WORDS:
        complaint = NOT_ALLOWED if refused else TOO_LONG
        again = clean(_ask(model, [*request, Message("assistant", name), Message("user", complaint)], seconds))
        name = again or ("" if refused else name)
    name = _cut(name)
    if not is_visible(name):
        raise NamingError(f"the model {model.id} answered with nothing that could be a name")
    if not allows(name):
        raise NamingError(f"the model {model.id} answered with a name that is not allowed", permanent=True)
    return name


def _cut(name: str) -> str:
    return " ".join(name.split()[:MOST_WORDS])[:LONGEST_NAME].rstrip(",;:–- ")


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
