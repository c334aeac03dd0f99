"""Extract the name from a model's answer: models announce it, wrap it in JSON, answer nothing, or decline.

A JSON answer gives its title, an announcement its quoted or following words. A refusal, an announcement without a name and a
placeholder give nothing.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from kern.naming.phrases import ANNOUNCEMENT, KEYS, LABEL, NO_TITLES, OPENING, PLACEHOLDER, REFUSAL, SUBJECT, WOULD_BE
from kern.thinking import split_thinking
from kern.validation.text import one_line

#: Of an answer only the beginning is read (characters): a name is short.
_ANSWER_EXCERPT = 2_000
_DEEPEST = 6
#: Tags alone: what else stands between angle brackets, like <12345>, may be the subject.
_TAG = r"</?[a-z][\w-]{0,20}(?:\s+[\w:-]{1,20}\s*=[^<>\n]{0,100})?\s?/?>|<![^<>\n]{0,40}>"
_MARKUP = re.compile(rf"{_TAG}|[*`~]+|(?<!\w)_+|_+(?!\w)|^\s*(?:[-+•>]|#+|\d+\.)\s+", re.MULTILINE | re.IGNORECASE)
_FENCE = re.compile(r"^\s*(?:```|~~~)[ \t]*[\w+-]{0,20}[ \t]*$", re.MULTILINE)
_BEFORE_JSON = re.compile(r"^\s*(?:(?:```|~~~)\s*)?(?:json5?\b\s*:?\s*)?", re.IGNORECASE)
_QUOTES = "\"'“”„‘’«»‹›「」『』"
_QUOTED = re.compile(
    r"\"([^\"\n]{2,200})\"|“([^”\n]{2,200})”|„([^“”\n]{2,200})[“”]|«\s?([^»\n]{2,200}?)\s?»|「([^」\n]{2,200})」|『([^』\n]{2,200})』|'([^'\n]{2,200})'(?!\w)"
)


def clean(answer: str) -> str:
    """Return a model's answer without thinking, markup, quotes, labels and line breaks; empty where it gives no name."""
    said = split_thinking(answer)[0].strip()[:_ANSWER_EXCERPT]
    title = _in_json(said)
    text = _MARKUP.sub("", _FENCE.sub("", said if title is None else title))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or REFUSAL.match(lines[0]):
        return ""
    name = _unquoted(_unquoted(one_line(_announced(lines))).rstrip("."))
    return "" if PLACEHOLDER.match(name) or REFUSAL.match(name) else one_line(name)


def _announced(lines: list[str]) -> str:
    """Return the words that are the name: a line in quotes, the object of an announcement, or the first line."""
    quoted = next((line for line in lines if len(line) > 2 and line[0] in _QUOTES and line.rstrip(".")[-1:] in _QUOTES), None)
    if quoted is not None:
        return quoted
    for number, line in enumerate(lines):
        rest = OPENING.sub("", line)
        label = LABEL.match(rest)
        if label is not None:
            rest = rest[label.end() :]
        elif ANNOUNCEMENT.match(rest):
            rest = _after_announcement(rest)
        elif rest.endswith((":", "：")) and number == 0 and len(lines) > 1:
            rest = ""
        elif (found := _QUOTED.search(rest)) and re.search(rf"\b{SUBJECT}\b", rest[found.end() :], re.IGNORECASE):
            rest = _words_of(found)
        if rest.strip():
            return rest.strip()
    return ""


def _after_announcement(line: str) -> str:
    """Return the announced words: words in quotes, or the rest after the colon or the verb."""
    if found := _QUOTED.search(line):
        return _words_of(found)
    _, colon, behind = re.sub("：", ":", line).partition(":")
    verb = None if colon else WOULD_BE.search(line)
    return line[verb.end() :] if verb else behind


def _words_of(quoted: re.Match[str]) -> str:
    return next(group for group in quoted.groups() if group)


def _in_json(text: str) -> str | None:
    """Return the title in a JSON answer, empty where it has none; `None` where the answer is no JSON."""
    start = _BEFORE_JSON.match(text)
    body = OPENING.sub("", text[start.end() :] if start else text)
    if not body.startswith(("{", "[")):
        begins = re.search(r"[{\[]\s*[\"'{]", body)
        before = body[: begins.start()].rstrip() if begins else ""
        if begins is None or not (ANNOUNCEMENT.match(body) or "```" in before or before.endswith(":")):
            return None
        body = body[begins.start() :]
    value = _value(body)
    if value is not None:
        return _title(value, _DEEPEST)
    told = re.search(rf"[\"']{SUBJECT}[\"']\s*:\s*\"((?:[^\"\\\n]|\\.)*)\"", body, re.IGNORECASE)
    if told is not None:
        return told[1].replace('\\"', '"')
    # A truncated answer gives no name; brackets around a word may be part of one.
    return "" if re.match(r"\{\s*[\"'}]|\[\s*[\"{]|\{\s*$", body) else None


def _value(body: str) -> dict[str, Any] | list[Any] | None:
    """Return the object or list at the start of the text, also in Python's notation."""
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(body)
    except (ValueError, RecursionError):
        try:
            value = ast.literal_eval(body[: max(body.rfind("}"), body.rfind("]")) + 1])
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            return None
    is_answer = isinstance(value, dict) or (isinstance(value, list) and (not value or isinstance(value[0], str | dict)))
    return value if is_answer else None


def _title(value: Any, depth: int) -> str:
    """Return the title within it: under a key that says so, else the only text there is."""
    if isinstance(value, str):
        return value
    if depth == 0 or not isinstance(value, dict | list):
        return ""
    if isinstance(value, list):
        return next((found for item in value if (found := _title(item, depth - 1))), "")
    keys = {str(key).strip().lower().replace("-", "_").replace(" ", "_"): item for key, item in value.items()}
    known = [keys[key] for key in (*KEYS, *(f"{key}s" for key in KEYS)) if key in keys]
    texts = [item for key, item in keys.items() if isinstance(item, str) and item.strip() and key not in NO_TITLES]
    inner = [item for item in keys.values() if isinstance(item, dict | list)]
    found = next((found for item in [*known, *inner] if (found := _title(item, depth - 1))), "")
    return found or (texts[0] if len(texts) == 1 and not known else "")


def _unquoted(text: str) -> str:
    """Remove quotes around the whole, or a single one left at an end; those around a word inside stay."""
    while len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    if sum(char in _QUOTES for char in text) == 1:
        text = text.strip(_QUOTES).strip()
    return text
