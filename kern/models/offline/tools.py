"""Choose the tool that a message asks for, by its words and by the arguments found in it."""

from __future__ import annotations

import datetime
import json
import math
import re
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from kern.errors import InvalidAnswerError
from kern.models.base import ToolSchema
from kern.models.offline.arguments import Arguments, find_arguments
from kern.models.offline.words import stem, stems_of, word_set, words_of
from kern.records.message import ToolCall

DELEGATES = "delegate_"
#: Words in a tool's name that say that it only looks something up.
_LOOKS_UP = word_set(
    """
    get list find show look lookup check fetch search read trace track quote status rules info details describe view
    query count compare
    """
)
_ASKS_TO_ACT = re.compile(
    r"\b(?:please|(?:can|could|would|will) you|i(?: would|'d|’d)? (?:want|like|need)|let's|go ahead)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A tool that fits a message. `call` is `None` while required arguments are missing; `needs` describes those."""

    score: float
    call: ToolCall | None
    needs: tuple[str, ...] = ()
    #: An argument comes from an earlier message, so the customer may be on to something else.
    reaches_back: bool = False


def propose(
    tools: Sequence[ToolSchema], message: str, earlier: Sequence[str], called: Collection[str], today: datetime.date
) -> Proposal | None:
    """Return the best proposal, if one is good enough.

    `earlier` are the customer's messages before, newest first; `called` the keys (see `call_key`) of calls already answered.
    """
    asked = frozenset(stems_of(message))
    rarity = _rarities(tools)
    found: list[Proposal] = []
    for tool in tools:
        if tool.name.startswith(DELEGATES):
            found += _delegations(tool, message, asked)
        elif (proposal := _Match(tool, message, asked, rarity).proposal(earlier, today)) is not None:
            found.append(proposal)
    fresh = [item for item in found if item.call is None or call_key(item.call) not in called]
    # A tool that can run beats one that has to ask first.
    return max(fresh, key=lambda item: (item.call is not None, item.score), default=None)


def call_key(call: ToolCall) -> str:
    """Return a key that is equal for calls of the same tool with the same arguments."""
    try:
        return f"{call.name} {json.dumps(call.parsed(), sort_keys=True)}"
    except ValueError:
        return f"{call.name} {call.arguments}"


class _Match:
    """The match of one tool with one message."""

    def __init__(self, tool: ToolSchema, message: str, asked: frozenset[str], rarity: dict[str, float]) -> None:
        self._tool = tool
        self._message = message
        self._rarity = rarity
        self._words = [word for word in words_of(tool.name) if word not in _LOOKS_UP]
        self._looks_up = len(self._words) < len(words_of(tool.name))
        self._in_name = {stem(word) for word in self._words} & asked
        self._in_text = (set(stems_of(tool.description)) & asked) - self._in_name

    def proposal(self, earlier: Sequence[str], today: datetime.date) -> Proposal | None:
        """The call, or the missing arguments, or `None` where the words do not fit."""
        found = find_arguments(self._tool.parameters, [self._message, *earlier], today)
        if not self._fits(found):
            return None
        score = self._score(len(found.recent))
        if found.missing:
            properties = self._tool.parameters["properties"]
            needs = tuple(_described(name, properties[name]) for name in found.missing)
            return Proposal(score, None, needs) if self._is_named() else None
        if not _is_valid(found.values, self._tool.parameters):
            return None
        required = set(self._tool.parameters.get("required", []))
        back = bool(required & set(found.values) - found.recent) and bool(earlier)
        return Proposal(score, _call(self._tool.name, found.values), reaches_back=back)

    def _fits(self, found: Arguments) -> bool:
        hits = len(self._in_name) + len(self._in_text)
        if not self._looks_up:
            if _only_asks(self._message):
                return False
            if not self._is_named() and (not self._in_text or not found.recent):
                return False
        return bool(self._in_name) or hits >= 2 or (hits >= 1 and bool(found.recent))

    def _is_named(self) -> bool:
        """True if the message names the tool's purpose: the verb of an action, any word of a look-up."""
        return bool(self._in_name) if self._looks_up else stem(self._words[0]) in self._in_name

    def _score(self, recent: int) -> float:
        unsaid = len(self._words) - len(self._in_name)
        return (
            2 * sum(self._rarity.get(word, 1.0) for word in self._in_name)
            + sum(self._rarity.get(word, 1.0) for word in self._in_text)
            + 0.5 * recent
            - 0.5 * unsaid
        )


def _only_asks(message: str) -> bool:
    """Return whether the message only asks about something; a question is no order to do it."""
    return "?" in message and not _ASKS_TO_ACT.search(message)


def _rarities(tools: Sequence[ToolSchema]) -> dict[str, float]:
    texts = [frozenset(stems_of(f"{tool.name} {tool.description}")) for tool in tools]
    return {word: math.log(1 + len(texts) / sum(word in text for text in texts)) for text in texts for word in text}


def _is_valid(arguments: dict[str, Any], parameters: dict[str, Any]) -> bool:
    from kern.validation.json_schema import validate

    try:
        validate(arguments, parameters)
    except InvalidAnswerError:
        return False
    return True


def _described(name: str, part: dict[str, Any]) -> str:
    text = str(part.get("description", "")).strip().rstrip(".")
    return text[:1].lower() + text[1:] if text else " ".join(words_of(name))


def _delegations(tool: ToolSchema, message: str, asked: frozenset[str]) -> list[Proposal]:
    """Return a proposal for each member whose name or description shares a word with the message."""
    member = tool.parameters.get("properties", {}).get("member", {})
    names = [str(name) for name in member.get("enum", [])]
    about = f"{tool.description}\n{member.get('description', '')}"
    texts = {name: stems_of(f"{name} {_said_about(name, names, about)}") for name in names}
    proposals = []
    for name, text in texts.items():
        hits = asked & set(text)
        rare = sum(math.log(1 + len(names) / sum(word in other for other in texts.values())) for word in hits)
        if hits:
            score = rare + sum(stem(word) in asked for word in words_of(name))
            proposals.append(Proposal(score, _call(tool.name, {"member": name, "task": message})))
    return proposals


def _said_about(name: str, names: Sequence[str], text: str) -> str:
    """Return the text between this member's name and the next one's."""
    others = "|".join(re.escape(other) for other in sorted(names, key=len, reverse=True) if other != name) or r"\Z"
    match = re.search(rf"{re.escape(name)}\b(.*?)(?={others}|\n\s*\n|\Z)", text, re.DOTALL)
    return match[1] if match else ""


def _call(name: str, arguments: dict[str, Any]) -> ToolCall:
    return ToolCall(f"call_{uuid.uuid4().hex}", name, json.dumps(arguments, ensure_ascii=False))
