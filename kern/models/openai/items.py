"""One item of an answer, merged from several events: a message, reasoning, or a function call."""

from __future__ import annotations

from dataclasses import dataclass, field
from json import dumps
from typing import Any, Literal

from kern.models.openai.json_values import Json, entries, mapping, parsed, text, word

Kind = Literal["message", "reasoning", "function_call"]
#: Statuses of items that are not told as a whole yet.
_UNFINISHED = ("in_progress", "incomplete", "ready", "queued", "generating")
_PARTS_OF_REASONING = ("reasoning", "reasoning_text", "thinking", "summary_text")


def kind_of(item: Json) -> Kind | None:
    """Return the kind of an item, also where a server leaves out its type; `None` for kinds that the library does not use."""
    kind = word(item.get("type"))
    if kind in ("message", "reasoning", "function_call"):
        return kind  # type: ignore[return-value]
    if kind in ("tool_call", "function"):
        return "function_call"
    if kind:
        return None
    if "arguments" in item or "call_id" in item:
        return "function_call"
    return "message" if "content" in item and item.get("role") in (None, "assistant") else None


@dataclass(slots=True)
class Part:
    """One part of a text, as its events report it."""

    deltas: list[str] = field(default_factory=list)
    done: str = ""

    @property
    def text(self) -> str:
        return self.done or "".join(self.deltas)


@dataclass(slots=True, eq=False)
class Item:
    """The known state of one item.

    `is_whole`: an event reported it as finished; `index` is its place as the server counts.
    """

    kind: Kind
    ids: set[str] = field(default_factory=set)
    index: int | None = None
    is_whole: bool = False
    #: Told by an item, at least as begun, and not by pieces alone.
    is_told: bool = False
    parts: dict[str, Part] = field(default_factory=dict)
    finished: str = ""
    thought: str = ""
    call_id: str = ""
    name: str = ""
    pieces: Part = field(default_factory=Part)
    tellings: list[tuple[Any, bool]] = field(default_factory=list)
    raw: Json = field(default_factory=dict)

    def tell(self, item: Json, *, whole: bool) -> None:
        """Merge another report of this item; a value that is missing here keeps its earlier state."""
        self.is_told = True
        self.is_whole = self.is_whole or whole
        if given := word(item.get("id")):
            self.ids.add(given)
        if self.kind == "function_call":
            self.call_id = self.call_id or word(item.get("call_id"))
            # In the form of chat completions, which gateways may pass on, name and arguments stand one level deeper.
            function = mapping(item.get("function"))
            self.name = word(item.get("name")) or word(function.get("name")) or self.name
            is_complete = whole and word(item.get("status")) not in _UNFINISHED
            self.tellings.append((item.get("arguments", function.get("arguments")), is_complete))
        elif whole:
            said, thought = _texts(item)
            self.finished = said if said.strip() else self.finished
            self.thought = thought if thought.strip() else self.thought
            if item.get("encrypted_content"):
                self.raw = item

    def part(self, key: str) -> Part:
        """Return the part of this text that an event is about."""
        return self.parts.setdefault(key, Part())

    @property
    def text(self) -> str:
        """The text (of reasoning: the thinking), from the finished item, else from finished parts, else from their deltas."""
        if self.kind == "reasoning":
            return self.thought or self.finished or "\n\n".join(part.text for part in self.parts.values() if part.text)
        return self.finished or "".join(part.text for part in self.parts.values())

    @property
    def arguments(self) -> str:
        """The arguments as JSON text, from the last complete report, else from the best incomplete one."""
        best, best_rank = "{}", 0
        for value, is_complete in [(self.pieces.text, True), *self.tellings]:
            rank = _rank(value, is_complete)
            if rank and rank >= best_rank:
                best, best_rank = as_text(value), rank
        return best


def as_text(arguments: Any) -> str:
    """Return arguments as JSON text; some servers send the object itself."""
    return arguments if isinstance(arguments, str) else dumps(arguments, ensure_ascii=False)


def is_same_call(one: str, other: str) -> bool:
    """Return whether two argument texts are equal; an empty object equals all, as a placeholder before the arguments arrive."""
    first, second = _value(one), _value(other)
    return first == second or not first or not second


def _value(arguments: str) -> Any:
    try:
        return parsed(arguments)
    except ValueError:
        return arguments


def _rank(arguments: Any, is_complete: bool) -> int:
    """Rank a report of arguments: none, broken JSON, of an unfinished call, an empty object, complete."""
    try:
        value = parsed(arguments)
    except ValueError:
        return 1
    if value is None:
        return 0
    return 2 if not is_complete else 3 if not value else 4


def _texts(item: Json) -> tuple[str, str]:
    """Return the text parts of an item and its thinking."""
    said, thought = [], [text(part) for part in entries(item.get("summary"))]
    for part in entries(item.get("content")):
        fields = mapping(part)
        if fields.get("type") in _PARTS_OF_REASONING:
            thought.append(text(fields))
        else:
            said.append(text(fields.get("refusal")) or text(fields or (part if isinstance(part, str) else "")))
    return "".join(said), "\n\n".join(filter(None, thought))
