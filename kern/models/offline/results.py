"""Present tool results in plain words."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

from kern.records.call_outcomes import CallOutcome, OutcomeKind, read_outcome
from kern.validation.reasons import names_a_class
from kern.validation.sizes import is_too_deep

#: The promise of a person, which is kept by handing over.
PERSON_LOOKS = "A person will look at it and write back to you."
#: Sentences to the customer about a call that was answered, failed or did not run; some are followed by the reason.
_WORDS: dict[OutcomeKind, str] = {
    "rejected": "I asked a colleague about this, and it was not approved",
    "answered": "A colleague looked at this",
    "expired": f"Nobody could decide about this in time, so nothing was changed. {PERSON_LOOKS}",
    "withdrawn": "This was stopped before anything was changed.",
    "failed": "I could not do that",
    "invalid": "I could not do that with these details",
    "impossible": f"I could not do that. {PERSON_LOOKS}",
}
_INTERNAL = f"Something on our side did not work. {PERSON_LOOKS}"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?")


def tell(result: str) -> str:
    """Return a tool's result as an answer to a customer: text as it is, JSON as sentences and lists, a failure politely."""
    outcome = read_outcome(result)
    words = _words_for(outcome)
    return f"A colleague adjusted the details first.\n\n{words}" if outcome.edited else words


def _words_for(outcome: CallOutcome) -> str:
    if outcome.kind == "returned":
        return _tell_value(_parsed(outcome.text))
    if outcome.kind == "failed" and names_a_class(outcome.text):
        return _INTERNAL
    words = _WORDS[outcome.kind]
    if words.endswith("."):
        return words
    return f"{words}: {outcome.text}" if outcome.text else f"{words}."


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
