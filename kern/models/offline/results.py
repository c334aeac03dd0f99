"""Present tool results in plain words."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

from kern.validation.sizes import is_too_deep

_PERSON_LOOKS = "A person will look at it and write back to you."
#: What the loop tells the model about a call that did not run or failed, and what the customer reads instead.
_OUTCOMES: list[tuple[str, str]] = [
    (r"A person rejected this call[^.]*\.(?: Reason: (?P<why>.+))?", "I asked a colleague about this, and it was not approved"),
    (r"A person answered in the tool's place: (?P<why>.+)", "A colleague looked at this"),
    (r"Nobody decided about this call", f"Nobody could decide about this in time, so nothing was changed. {_PERSON_LOOKS}"),
    (r"This call was (?:withdrawn|cancelled)", "This was stopped before anything was changed."),
    # A text with an exception's class was not written for customers.
    (r"The tool failed: [A-Z]\w+: ", f"Something on our side did not work. {_PERSON_LOOKS}"),
    (r"The tool failed: (?P<why>.+)", "I could not do that"),
    (r"The arguments (?:do not fit|could not be read): (?P<why>.+)", "I could not do that with these details"),
    (r"There is no tool |Not run: |Name a member |[^\n]{1,80} could not do it: ", f"I could not do that. {_PERSON_LOOKS}"),
]
_CHANGED = re.compile(r"^A person changed the arguments to \{.*?\} before this ran\.\n", re.DOTALL)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?")


def tell(result: str) -> str:
    """Return a tool's result as an answer to a customer: text as it is, JSON as sentences and lists, a failure politely."""
    if changed := _CHANGED.match(result):
        return f"A colleague adjusted the details first.\n\n{_told(result[changed.end() :])}"
    return _told(result)


def _told(result: str) -> str:
    for form, words in _OUTCOMES:
        if match := re.match(form, result, re.DOTALL):
            why = (match.groupdict().get("why") or "").strip()
            return words if words.endswith(".") else f"{words}: {why}" if why else f"{words}."
    return _tell_value(_parsed(result))


def _parsed(result: str) -> Any:
    try:
        value = json.loads(result)
    except (ValueError, RecursionError):
        return result
    return result if is_too_deep(value) else value


def _tell_value(value: Any) -> str:
    match value:
        case "" | "done" | None:
            return "That is done."
        case str():
            return value
        case bool():
            return "Yes." if value else "No."
        case {"chosen": [*options]} if len(value) == 1:
            return f"Thank you, I noted: {', '.join(map(str, options))}."
        case list() | dict() if not value:
            return "I found nothing."
        case list() | dict():
            return "Here is what I found:\n\n" + "\n".join(_lines(value, 0))
        case _:
            return f"The result is {_scalar(value)}."


def _lines(value: Any, depth: int) -> list[str]:
    """Build a Markdown list of the entries; nested entries are indented below their label."""
    pairs = value.items() if isinstance(value, dict) else (("", item) for item in value)
    items = [(f"{_label(key)}: " if key else "", item) for key, item in pairs]
    lines: list[str] = []
    for label, item in items:
        if isinstance(item, dict) and not label and all(not isinstance(part, dict | list) for part in item.values()):
            lines.append("  " * depth + "- " + ", ".join(f"{_label(key)}: {_scalar(part)}" for key, part in item.items()))
        elif isinstance(item, dict | list) and item:
            lines.append("  " * depth + f"- {label or 'Entry: '}".rstrip())
            lines += _lines(item, depth + 1)
        else:
            lines.append("  " * depth + f"- {label}{_scalar(item)}")
    return lines


def _label(key: object) -> str:
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(key)).replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _scalar(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and _DATE.fullmatch(value):
        return _readable_date(value)
    return str(value)


def _readable_date(text: str) -> str:
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return text
    day = f"{moment.day} {moment:%B %Y}"
    return day if len(text) == len("2026-01-31") else f"{day}, {moment:%H:%M}"
