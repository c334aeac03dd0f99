"""One line of a file in OpenAI's chat format, read leniently where the meaning is clear and refused where it is not."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, NoReturn

from kern.lines import one_line
from kern.message import Role, ToolCall
from sessions_app.texts import LONGEST_TEXT
from sessions_app.texts import normalized as clean

ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
LONGEST_ID = 200
LONGEST_NAME = 200
#: Longest name of a tool and longest id of a call.
LONGEST_WORD = 200


class BadLineError(ValueError):
    """This line is no conversation; the text says why, for a person."""


@dataclass
class Entry:
    """One message of the file. `calls` are the assistant's; `call_id` and `tool_name` are a tool result's."""

    role: Role
    content: str
    calls: list[ToolCall] = field(default_factory=list)
    call_id: str = ""
    tool_name: str = ""


@dataclass
class Conversation:
    """A line. `own_id` is the id it names, empty where it names none; `digest` tells its messages from all others."""

    own_id: str
    entries: list[Entry]
    name: str = ""
    user_id: str = ""
    digest: str = ""

    def id_for(self, customer: str) -> str:
        """The line's own id, else one made from who wrote what: the same when it is read again, and no other customer's."""
        if self.own_id:
            return self.own_id
        made_of = hashlib.sha256(f"{customer}\n{self.digest}".encode()).hexdigest() if customer else self.digest
        return f"import-{made_of[:32]}"

    def turns(self) -> list[list[Entry]]:
        """The entries cut where a customer speaks after somebody answered; what comes before the first is part of it."""
        turns: list[list[Entry]] = [[]]
        for entry in self.entries:
            answered = any(earlier.role in ("assistant", "tool") for earlier in turns[-1])
            if entry.role == "user" and answered:
                turns.append([])
            turns[-1].append(entry)
        return turns


def read_line(line: bytes) -> Conversation:
    """The conversation of a line: an object with `messages`, or a bare list of messages. Raises `BadLineError`."""
    value = _parse(line)
    messages = value.get("messages") if isinstance(value, dict) else value
    if not isinstance(messages, list):
        raise BadLineError("it has no list of messages")
    if not messages:
        raise BadLineError("its list of messages is empty")
    about = value if isinstance(value, dict) else {}
    entries = _Reader().entries(messages)
    digest = hashlib.sha256(json.dumps(messages, sort_keys=True).encode()).hexdigest()
    return Conversation(
        own_id=_own_id(about.get("id")),
        entries=entries,
        name=_line_of(about.get("name") or about.get("title"))[:LONGEST_NAME].strip(),
        # An id without signs that nobody sees, as the other doors want it (see `checked_line`).
        user_id="".join(filter(str.isprintable, _line_of(about.get("user_id") or about.get("user"))))[:LONGEST_ID],
        digest=digest,
    )


def _parse(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise BadLineError(f"it is not UTF-8 (byte {error.start + 1})") from error
    except RecursionError as error:
        raise BadLineError("it is nested too deep") from error
    except ValueError as error:
        raise BadLineError(f"it is not JSON: {error}") from error


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON value")


def _own_id(given: Any) -> str:
    """The line's id where it can be one, empty where it has none."""
    if given is None:
        return ""
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise BadLineError("its id is neither text nor a number")
    text = clean(str(given)).strip()
    if not text or len(text) > LONGEST_ID or not text.isprintable():
        raise BadLineError(f"its id must be 1 to {LONGEST_ID} letters in one line")
    return text


def _line_of(value: Any) -> str:
    """Text as one line; anything else counts as absent."""
    if not isinstance(value, str):
        return ""
    return one_line(clean(value))


class _Reader:
    """Reads messages in order. Knows which calls are open, because older files name the function and not the call."""

    def __init__(self) -> None:
        self._open: list[ToolCall] = []
        self._count = 0

    def entries(self, messages: list[Any]) -> list[Entry]:
        """All messages. Raises `BadLineError` naming the one that is wrong."""
        found = []
        for number, message in enumerate(messages, start=1):
            try:
                found.append(self._entry(message))
            except BadLineError as error:
                raise BadLineError(f"message {number}: {error}") from error
        return found

    def _entry(self, message: Any) -> Entry:
        if not isinstance(message, dict):
            raise BadLineError("it is not an object")
        role = ROLES.get(message["role"]) if isinstance(message.get("role"), str) else None
        if role is None:
            raise BadLineError(f"unknown role {message.get('role')!r}")
        entry = Entry(role, _shown(_content(message), "its content has"))
        if role == "assistant":
            entry.calls = [self._call(call) for call in _calls(message)]
        elif role == "tool":
            call = self._answered(message)
            entry.call_id, entry.tool_name = call.id, call.name
        return entry

    def _call(self, call: Any) -> ToolCall:
        function = call.get("function") or call.get("custom") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str) or not function["name"]:
            raise BadLineError("a tool call has no function with a name")
        self._count += 1
        arguments = function.get("arguments", function.get("input"))
        made = ToolCall(
            id=_word(call.get("id") or f"call_{self._count}", "a tool call's id"),
            name=_word(function["name"], "a tool's name"),
            arguments=_shown(
                clean(arguments if isinstance(arguments, str) else json.dumps(arguments or {})), "a tool call's arguments have"
            ),
        )
        self._open.append(made)
        return made

    def _answered(self, message: dict[str, Any]) -> ToolCall:
        """The call that a tool's result belongs to; a result nobody asked for stands on its own."""
        call_id, name = message.get("tool_call_id"), message.get("name")
        for call in self._open:
            if call_id == call.id or (call_id is None and name in (call.name, None)):
                self._open.remove(call)
                return call
        self._count += 1
        return ToolCall(
            id=_word(call_id or f"call_{self._count}", "a tool call's id"), name=_word(name or "unknown", "a tool's name")
        )


def _calls(message: dict[str, Any]) -> list[Any]:
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list):
        raise BadLineError("its tool_calls are no list")
    legacy = message.get("function_call")
    return [*calls, {"function": legacy}] if legacy else calls


def _word(value: Any, what: str) -> str:
    text = clean(str(value))
    if len(text) > LONGEST_WORD:
        raise BadLineError(f"{what} has more than {LONGEST_WORD} letters")
    return text


def _shown(text: str, what: str) -> str:
    """The text, which pages show whole. Raises `BadLineError` where that would be too much."""
    if len(text) > LONGEST_TEXT:
        raise BadLineError(f"{what} {len(text):,} characters, more than {LONGEST_TEXT:,}")
    return text


def _content(message: dict[str, Any]) -> str:
    content = message.get("content")
    if content is None:
        refusal = message.get("refusal")
        return clean(refusal) if isinstance(refusal, str) else ""
    if isinstance(content, str):
        return clean(content)
    if isinstance(content, list):
        return "\n".join(filter(None, map(_part, content)))
    raise BadLineError("its content is neither text nor a list of parts")


def _part(part: Any) -> str:
    """One part of a message: its text, or a word about what it was."""
    if isinstance(part, str):
        return clean(part)
    if not isinstance(part, dict):
        raise BadLineError("a part of its content is neither text nor an object")
    text = part.get("text", part.get("refusal"))
    return clean(text) if isinstance(text, str) else f"[{_line_of(part.get('type')) or 'attachment'}]"
