"""Candidates for a tool's argument in a customer's text."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kern.models.offline.dates import dates_in
from kern.models.offline.words import words_of
from kern.validation.patterns import PatternError, compiled

Schema = dict[str, Any]
#: Start, end and value.
Candidate = tuple[int, int, Any]

#: Prepositions that stand before a value of a parameter with this word in its name.
PREPOSITIONS = {"origin": "from", "departure": "from", "source": "from", "start": "from", "destination": "to", "target": "to"}
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[-/:.][A-Za-z0-9]+)*")
_NUMBER = re.compile(r"(?<![\w.,-])(\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,9})?|\d{1,15}(?:\.\d{1,9})?)(?![\w-]|[.,]\d)")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+")
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.I)
_MOMENT = re.compile(r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})?")
_EXAMPLE = re.compile(r"(?:e\.g\.|for example|such as|like)\s*+:?\s*+[\"'`“]?([^\s\"'`”,;)]+)", re.I)
_REFERENCE_NAMES = frozenset(("reference", "ref", "code", "number", "id", "booking", "order", "ticket", "invoice", "tag"))


def candidates(name: str, part: Schema, text: str, today: datetime.date) -> Iterable[Candidate]:
    """Return the places in `text` that could be a value of the parameter `name` with the schema `part`, likeliest first."""
    days = [(start, end, day.isoformat()) for start, end, day in dates_in(text, today)]
    if "enum" in part:
        return _enumerated(part["enum"], text)
    if "pattern" in part:
        return _matching(str(part["pattern"]), [*days, *_tokens(text)])
    match part.get("format"), type_of(part):
        case "date", _:
            return days
        case "date-time", _:
            return [(match.start(), match.end(), match[0]) for match in _MOMENT.finditer(text)]
        case "email", _:
            return [(match.start(), match.end(), match[0]) for match in _EMAIL.finditer(text)]
        case "uuid", _:
            return [(match.start(), match.end(), match[0]) for match in _UUID.finditer(text)]
        case _, "integer" | "number":
            return _numbers(text, days, whole=type_of(part) == "integer")
        case _, "string":
            return _like_examples(name, part, text)
    return []


def type_of(part: Schema) -> str:
    """Return the JSON type, ignoring null."""
    kinds = part.get("type", "string")
    return next((kind for kind in kinds if kind != "null"), "string") if isinstance(kinds, list) else str(kinds)


def examples_of(part: Schema) -> list[str]:
    """Return the examples in the schema, and those after "e.g." in its description."""
    written = _EXAMPLE.findall(part.get("description", ""))
    return [str(item) for item in part.get("examples", [])] + [item.rstrip(".:") for item in written]


def _tokens(text: str) -> Iterator[Candidate]:
    return ((match.start(), match.end(), match[0]) for match in _TOKEN.finditer(text))


def _matching(written: str, tokens: Iterable[Candidate]) -> Iterator[Candidate]:
    """Return the tokens that match as written, or in capitals where they hold a digit.

    A plain word in capitals would match too much.
    """
    try:
        pattern = compiled(written)
    except PatternError:
        return
    for start, end, token in tokens:
        for form in (token, token.upper()) if any(char.isdigit() for char in token) else (token,):
            if pattern.fullmatch(form):
                yield start, end, form
                break


def _enumerated(values: Sequence[Any], text: str) -> list[Candidate]:
    found: list[Candidate] = []
    for value in values:
        if value is None:
            continue
        written = r"[\s_-]+".join(map(re.escape, re.split(r"[\s_-]+", str(value))))
        # Short codes in capitals are often words too: MAD is Madrid, mad is a customer.
        flags = re.NOFLAG if str(value).isupper() and len(str(value)) <= 4 else re.IGNORECASE
        found += [(match.start(), match.end(), value) for match in re.finditer(rf"\b{written}s?\b", text, flags)]
    return sorted(found, key=lambda item: (item[0], -item[1]))


def _numbers(text: str, days: Sequence[Candidate], *, whole: bool) -> Iterator[Candidate]:
    for match in _NUMBER.finditer(text):
        written = match[1].replace(",", "")
        if (whole and "." in written) or any(start <= match.start() < end for start, end, _ in days):
            continue
        yield match.start(), match.end(), float(written) if "." in written else int(written)


def _like_examples(name: str, part: Schema, text: str) -> Iterator[Candidate]:
    examples = examples_of(part)
    for example in examples:
        if any(char.isdigit() for char in example):
            yield from _matching(_shape(example), _tokens(text))
    preposition = next((PREPOSITIONS[word] for word in words_of(name) if word in PREPOSITIONS), None)
    if preposition:
        for match in re.finditer(rf"\b{preposition}\s+([^\W\d_]\w*(?:\s[A-Z]\w+)*)", text):
            if match[1][0].isupper():
                yield match.start(1), match.end(1), match[1]
    if not examples and _REFERENCE_NAMES & set(words_of(name)):
        yield from (item for item in _tokens(text) if len(item[2]) >= 4 and any(char.isdigit() for char in item[2]))


def _shape(example: str) -> str:
    """Build a pattern for tokens that look like the example: groups of letters and digits in the same order."""
    groups = re.findall(r"[A-Za-z]+|\d+|[^A-Za-z\d]+", example)
    if len(groups) > 2 and example.isalnum():
        # Letters and digits in no order that we know, like K7QX2M: the length is what counts, and that there is a digit.
        return rf"^(?=.*\d)[A-Z0-9]{{{len(example)}}}$"
    parts = []
    for group in groups:
        if group.isdigit():
            parts.append(rf"\d{{{max(1, len(group) - 1)},{len(group) + 2}}}")
        else:
            parts.append(rf"[A-Za-z]{{{len(group)}}}" if group.isalpha() else re.escape(group))
    return f"^{''.join(parts)}$"
