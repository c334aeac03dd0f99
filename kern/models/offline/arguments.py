"""Extract a tool's arguments from a customer's messages.

Nothing is guessed: an argument is a token that matches the schema's pattern, format, enumeration or an example in its
description, a number, or, for a parameter that asks for words, the message itself.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kern.models.offline.candidates import PREPOSITIONS, Candidate, Schema, candidates, examples_of, type_of
from kern.models.offline.words import stem, word_set, words_of

_TEXT_NAMES = word_set(
    """
    reason note notes message question text details detail description comment comments summary subject title topic
    query problem complaint request feedback task body content words
    """
)
#: Of each message only this much is searched: arguments stand early, and patterns take their time on long texts.
_MOST_CHARACTERS = 4_000


@dataclass(slots=True)
class Arguments:
    """The extracted arguments.

    `recent` names those that stand in the newest message in a form of their own; `missing` the required ones that were not
    found.
    """

    values: dict[str, Any] = field(default_factory=dict)
    recent: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)


def find_arguments(parameters: Schema, texts: Sequence[str], today: datetime.date) -> Arguments:
    """Search `texts` (the newest first) for the arguments of a tool with this JSON schema."""
    search = _Search([text[:_MOST_CHARACTERS] for text in texts], today)
    found = Arguments()
    required = parameters.get("required", [])
    for name, part in sorted(parameters.get("properties", {}).items(), key=lambda item: _vagueness(item[0], item[1])):
        hit = search.find(name, part, needed=name in required)
        if hit is None:
            found.missing += [name] if name in required else []
            continue
        found.values[name] = hit[1]
        if hit[0] == 0 and _vagueness(name, part) < 3:
            found.recent.add(name)
    return found


def _vagueness(name: str, part: Schema) -> int:
    """Rank a parameter's form: exact forms take their tokens first, so that a flight's number is not taken for a booking's."""
    if any(key in part for key in ("pattern", "enum", "format")):
        return 0
    if type_of(part) in ("integer", "number"):
        return 2
    return 1 if type_of(part) == "array" or examples_of(part) or not _asks_for_words(name) else 3


def _asks_for_words(name: str) -> bool:
    return bool(_TEXT_NAMES & set(words_of(name)))


class _Search:
    """One search; each place in a text is used for one argument only."""

    def __init__(self, texts: Sequence[str], today: datetime.date) -> None:
        self._texts = texts
        self._today = today
        #: Which text, and which place in it.
        self._taken: set[tuple[int, int]] = set()

    def find(self, name: str, part: Schema, *, needed: bool) -> tuple[int, Any] | None:
        """Return the number of the text (0 is the newest) and the value found in it."""
        # Optional arguments are taken only from the newest message: older ones were about something else.
        for at, text in enumerate(self._texts if needed else self._texts[:1]):
            if type_of(part) == "array":
                if values := self._take_all(at, text, name, part.get("items", {})):
                    return at, values
            elif (value := self._take(at, text, name, part, needed=needed)) is not None:
                return at, value
        if needed and type_of(part) == "string" and _vagueness(name, part) == 3 and self._texts:
            return 0, self._texts[0].strip()[: part.get("maxLength", 2_000)]
        return None

    def _take_all(self, at: int, text: str, name: str, part: Schema) -> list[Any]:
        """Return all values, first those beside the parameter's name."""
        places = list(candidates(name, part, text, self._today))
        near = [_is_named(name, text, item) for item in places]
        ordered = [item for wanted in (True, False) for item, is_near in zip(places, near, strict=True) if is_near == wanted]
        return [item[2] for item in ordered if self._claim(at, item)]

    def _take(self, at: int, text: str, name: str, part: Schema, *, needed: bool) -> Any:
        if type_of(part) == "boolean":
            return True if {stem(word) for word in words_of(name)} <= {stem(word) for word in words_of(text)} else None
        free = [item for item in candidates(name, part, text, self._today) if self._is_free(at, item)]
        near = [item for item in free if _is_named(name, text, item)]
        if type_of(part) in ("integer", "number") and not needed:
            free = near
        if not free:
            return None
        chosen = (near or free)[0]
        self._claim(at, chosen)
        return chosen[2]

    def _is_free(self, at: int, item: Candidate) -> bool:
        return self._taken.isdisjoint((at, place) for place in range(item[0], item[1]))

    def _claim(self, at: int, item: Candidate) -> bool:
        """Reserve the place; returns whether it was free."""
        if not self._is_free(at, item):
            return False
        self._taken.update((at, place) for place in range(item[0], item[1]))
        return True


def _is_named(name: str, text: str, item: Candidate) -> bool:
    """Return whether the parameter's name stands directly before the place, or directly after it ("2 bags")."""
    start, end, _ = item
    before, after = text[max(0, start - 25) : start].lower(), text[end : end + 15].lower()
    hints = {stem(word) for word in words_of(name)}
    prepositions = {PREPOSITIONS[word] for word in words_of(name) if word in PREPOSITIONS}
    last_two = words_of(before)[-2:]
    return bool(
        hints & {stem(word) for word in last_two}
        or hints & {stem(word) for word in words_of(after)[:1]}
        or prepositions & set(last_two[-1:])
    )
