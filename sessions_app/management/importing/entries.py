"""Messages of a line and items of the Responses API, as entries of a conversation."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from kern.records.message import Role, ToolCall
from kern.thinking import split_thinking
from sessions_app.management.importing import vocabulary
from sessions_app.management.importing.content import content_of, output_of
from sessions_app.management.importing.conversation import Entry
from sessions_app.management.importing.notes import Notes, as_text
from sessions_app.management.importing.objects import BadLineError, Reader, shown, word
from sessions_app.management.importing.vocabulary import (
    CREATED,
    KIND_OF_ROLE,
    ROLE_OF_KIND,
    ROLES,
    AuthorKind,
    author_kind,
    run_status,
)
from sessions_app.validation.text import normalized as clean

TOKENS = {"input_tokens": ("input_tokens", "prompt_tokens"), "output_tokens": ("output_tokens", "completion_tokens")}


class EntryReader:
    """Reads messages in order. Knows which calls are open, because older files name the function and not the call."""

    def __init__(self, notes: Notes, zone: tzinfo) -> None:
        self._notes, self._zone = notes, zone
        self._open: list[ToolCall] = []
        self._count = 0
        self._reasoning: list[str] = []
        self._named = ("", "")
        self._items: dict[str, Callable[[Reader], list[Entry]]] = {
            "function_call": self._function_call,
            "custom_tool_call": self._function_call,
            "mcp_call": self._mcp_call,
            "function_call_output": self._call_output,
            "custom_tool_call_output": self._call_output,
            "reasoning": self._reasoning_item,
        }

    def entries(self, messages: list[Any]) -> list[Entry]:
        """All messages. Raises `BadLineError` naming the one that is wrong."""
        found: list[Entry] = []
        for number, message in enumerate(messages, start=1):
            try:
                for entry in self._read(message, f"message {number}"):
                    self._append(found, entry)
            except BadLineError as error:
                raise BadLineError(f"message {number}: {error}") from error
        for item in self._reasoning:
            self._notes.add("", "reasoning that no message of the assistant follows is not kept", item)
        for call in self._open:
            self._notes.add("", "a tool call without its result stands as one with an unknown outcome", call.name)
        return found

    def _read(self, message: Any, where: str) -> list[Entry]:
        if not isinstance(message, dict):
            raise BadLineError("it is not an object")
        reader = Reader(message, self._notes, where, "a message", self._zone)
        kind = message.get("type")
        if isinstance(kind, str) and "role" not in message and kind != "message":
            reader.what = f"an item {kind}"
            read = self._items.get(reader.take("type"))
            if read is None:
                reader.note(f"an item of the type {kind!r} is not kept", message)
                return []
            entries = read(reader)
        else:
            if kind == "message":
                reader.take("type")
            entries = [self._message(reader)]
        for entry in entries:
            entry.created_at = entry.created_at or reader.moment(*CREATED)
        reader.finish()
        return entries

    def _append(self, found: list[Entry], entry: Entry) -> None:
        """Calls of one answer come as items of their own: they are one message."""
        last = found[-1] if found else None
        if entry.is_item and last and last.role == "assistant" and not last.stands_alone and not entry.reasoning:
            last.calls += entry.calls
            last.created_at = last.created_at or entry.created_at
            last.status = entry.status or last.status
        else:
            found.append(entry)

    # Messages -------------------------------------------------------------------------------------------------------------

    def _message(self, reader: Reader) -> Entry:
        role, kind = self._role_and_kind(reader)
        entry = Entry(role, author_kind=kind)
        self._author(reader, entry)
        entry.internal = _internal(reader)
        entry.content = shown(content_of(reader), "its content has")
        if role == "assistant":
            self._of_the_assistant(reader, entry)
        elif role == "tool":
            self._of_a_tool(reader, entry)
        if entry.internal and kind in ("customer", "system"):
            reader.note(f"an internal message of a {kind} stands as a note of the desk")
        return entry

    def _role_and_kind(self, reader: Reader) -> tuple[Role, AuthorKind]:
        given, kind = reader.take("role"), self._kind(reader)
        role = ROLES.get(vocabulary.word(given))
        if role is None and (given is not None or kind is None):
            known = ", ".join(ROLES)
            raise BadLineError(f"unknown role {given!r}: there are {known}")
        if kind is None or role == "tool":
            assert role is not None
            return role, KIND_OF_ROLE[role]
        return ROLE_OF_KIND[kind], kind

    def _kind(self, reader: Reader) -> AuthorKind | None:
        author = reader.take("author")
        if isinstance(author, dict):
            inner = Reader(author, self._notes, reader.where, "an author")
            kind = inner.tried(author_kind, "kind", "type", "role")
            self._named = inner.line("name", longest=120), inner.line("email", longest=254)
            inner.finish()
        else:
            kind = None
            self._named = Reader({"author": author}, self._notes, reader.where, reader.what).line("author", longest=120), ""
        return reader.tried(author_kind, "author_kind", "author_type", "sender_type") or kind

    def _author(self, reader: Reader, entry: Entry) -> None:
        name, email = self._named
        if entry.role != "tool":
            name = reader.line("author_name", "name", longest=120) or name
        entry.author, entry.email = name, reader.line("author_email", longest=254) or email

    def _of_the_assistant(self, reader: Reader, entry: Entry) -> None:
        calls = _calls(reader)
        if entry.stands_alone:
            for call in calls:
                reader.note("a tool call of a person or in a note is not kept", call)
            return
        entry.calls = [self._chat_call(call, reader) for call in calls]
        entry.model = reader.line("model", "model_slug", longest=100)
        entry.status = reader.tried(run_status, "status")
        entry.error = _error(reader)
        entry.tokens = _tokens(reader)
        thought = reader.take("reasoning_content", "reasoning", "thinking")
        if thought:
            self._reasoning.append(clean(as_text(thought)))
        # Other systems keep thinking where the model left it, in the words for the customer.
        entry.content, marked = split_thinking(entry.content)
        if marked:
            self._reasoning.append(marked)
        entry.reasoning = self._thoughts()

    def _of_a_tool(self, reader: Reader, entry: Entry) -> None:
        call_id, name = reader.take("tool_call_id", "call_id"), reader.take("name", "tool_name")
        self._answer(entry, call_id, name, reader)

    # Items of the Responses API -------------------------------------------------------------------------------------------

    def _function_call(self, reader: Reader) -> list[Entry]:
        call = self._call(
            reader, reader.take("call_id") or reader.take("id"), reader.take("name"), reader.take("arguments", "input")
        )
        entry = Entry("assistant", calls=[call], author_kind="agent", is_item=True)
        entry.status = reader.tried(run_status, "status")
        entry.reasoning = self._thoughts()
        return [entry]

    def _call_output(self, reader: Reader) -> list[Entry]:
        entry = Entry("tool", shown(output_of(reader, "output"), "its output has"))
        self._answer(entry, reader.take("call_id", "tool_call_id"), reader.take("name"), reader)
        status = reader.take("status")
        if status not in (None, "", "completed"):
            reader.note("the status of a call's output is not kept", status)
        return [entry]

    def _mcp_call(self, reader: Reader) -> list[Entry]:
        """A call that the provider's server made comes with its result."""
        output, error = output_of(reader, "output"), reader.take("error")
        [asked] = self._function_call(reader)
        answer = Entry("tool", shown(output or (clean(as_text(error)) if error else ""), "its output has"))
        self._answer(answer, asked.calls[0].id, None, reader)
        return [asked, answer]

    def _reasoning_item(self, reader: Reader) -> list[Entry]:
        thought = "\n\n".join(filter(None, (output_of(reader, "summary"), output_of(reader, "content"))))
        if thought:
            self._reasoning.append(shown(thought, "its reasoning has"))
        if reader.take("encrypted_content"):
            reader.note("reasoning that only its provider can read is not kept")
        reader.take("id", "status")
        return []

    def _thoughts(self) -> str:
        """Take the thinking before the next entry."""
        thoughts, self._reasoning = "\n\n".join(self._reasoning), []
        return thoughts

    # Calls and their results ----------------------------------------------------------------------------------------------

    def _chat_call(self, call: Any, message: Reader) -> ToolCall:
        reader = Reader(call if isinstance(call, dict) else {}, self._notes, message.where, "a tool call")
        inner = reader.take("function", "custom")
        if isinstance(inner, dict):
            function = Reader(inner, self._notes, message.where, "a tool call")
            name, arguments = function.take("name"), function.take("arguments", "input", "parameters")
            function.finish()
        else:
            name, arguments = reader.take("name", "tool_name"), reader.take("arguments", "args", "input")
        made = self._call(reader, reader.take("id", "call_id"), name, arguments)
        reader.take("type", "index")
        reader.finish()
        return made

    def _call(self, reader: Reader, call_id: Any, name: Any, arguments: Any) -> ToolCall:
        if not isinstance(name, str) or not name.strip():
            raise BadLineError("a tool call has no function with a name")
        self._count += 1
        made = ToolCall(
            id=word(call_id or f"call_{self._count}", "a tool call's id"),
            name=word(name, "a tool's name"),
            arguments=_arguments(arguments, reader),
        )
        self._open.append(made)
        return made

    def _answer(self, entry: Entry, call_id: Any, name: Any, reader: Reader) -> None:
        """Find the call that a tool's result belongs to; a result without a call stands on its own."""
        for call in self._open:
            if (call_id is not None and str(call_id) == call.id) or (call_id is None and name in (call.name, None)):
                self._open.remove(call)
                entry.call_id, entry.tool_name = call.id, call.name
                return
        self._count += 1
        entry.call_id = word(call_id or f"call_{self._count}", "a tool call's id")
        entry.tool_name = word(name or "unknown", "a tool's name")
        reader.note("a tool result without its call is kept, and no model is shown it", entry.tool_name)


def _calls(reader: Reader) -> list[Any]:
    calls, legacy = reader.take("tool_calls"), reader.take("function_call")
    if calls is not None and not isinstance(calls, list):
        raise BadLineError("its tool_calls are no list")
    return [*(calls or []), {"function": legacy}] if legacy else (calls or [])


def _arguments(given: Any, reader: Reader) -> str:
    """The arguments as JSON of an object, as servers want them again; other text stands in one as `input`."""
    text = clean(given if isinstance(given, str) else json.dumps(given or {}, ensure_ascii=False))
    shown(text, "a tool call's arguments have")
    try:
        if not text.strip() or isinstance(json.loads(text, parse_constant=_refuse), dict):
            return text.strip() or "{}"
    except (ValueError, RecursionError):
        pass
    reader.note("arguments of a tool call that are no JSON object stand as its input", text)
    return json.dumps({"input": text}, ensure_ascii=False)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _internal(reader: Reader) -> bool:
    """Return whether it is a note for the team: one of its keys says so, or has an unreadable value."""
    secret = [reader.flag(key, unreadable=True) for key in ("internal", "private", "is_private")]
    return any(secret) or reader.flag("public", unreadable=False) is False


def _error(reader: Reader) -> str:
    error = reader.take("error")
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        error = error["message"]
    return clean(as_text(error)) if error else ""


def _tokens(reader: Reader) -> dict[str, int]:
    usage = reader.take("usage")
    if not isinstance(usage, dict):
        if usage:
            reader.note("'usage' of a message is not kept, since it is no object", usage)
        return {}
    inner = Reader(usage, reader.notes, reader.where, "usage")
    found = {name: inner.tried(_count, *keys) for name, keys in TOKENS.items()}
    inner.take("total_tokens")
    inner.finish()
    return {name: value for name, value in found.items() if value is not None}


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError("it is no number of tokens")
    return value
