"""Details that tell conversations of one subject apart: a route, a reference, a day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kern.models.offline.names.sentences import Sentence
from kern.models.offline.names.vocabulary import CLOSED, NUMBER_WORDS
from kern.models.offline.words import word_set

_MONTHS = word_set("january february march april may june july august september october november december")
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
#: At most so many words of a place: "San Francisco", "New York City".
_LONGEST_PLACE = 3
_BEFORE_REFERENCE = NUMBER_WORDS | word_set(
    "reservation reservations booking bookings order orders invoice ticket case flight is and are"
)


def details(said: Sequence[Sentence]) -> Iterator[str]:
    """Yield details in the order of their use: of the first sentence that has one, each kind once."""
    for find in (_route, _reference, _day):
        found = next((detail for sentence in said for detail in [find(sentence)] if detail), "")
        if found:
            yield found


def _route(sentence: Sentence) -> str:
    """Return "Oslo–Rome" of "from Oslo (OSL) back to Rome", and "Lisbon" of "a flight to Lisbon"."""
    for at, word in enumerate(sentence):
        if word.low == "from":
            origin, end = _place(sentence, at + 1)
            while end < len(sentence) and (sentence[end].low in ("back", "on", "(", ")") or _is_code(sentence, end)):
                end += 1
            if origin and end < len(sentence) and sentence[end].low == "to":
                target, _ = _place(sentence, end + 1)
                if target:
                    return f"{origin}–{target}"
            return ""
    return next(filter(None, (_target(sentence, at) for at in range(1, len(sentence)))), "")


def _target(sentence: Sentence, at: int) -> str:
    """Return "Lisbon" of "my flight to Lisbon"."""
    before = sentence[at - 1]
    if sentence[at].low != "to" or before.low in CLOSED or before.is_capital or not before.text.isalpha():
        return ""
    place, _ = _place(sentence, at + 1)
    return "" if place.lower() in _MONTHS else place


def _is_code(sentence: Sentence, at: int) -> bool:
    return 0 < at < len(sentence) and sentence[at - 1].text == "(" and sentence[at].text.isupper()


def _place(sentence: Sentence, start: int) -> tuple[str, int]:
    at = start
    while at < len(sentence) and at - start < _LONGEST_PLACE and sentence[at].is_capital and sentence[at].text.isprintable():
        at += 1
    return " ".join(word.text for word in sentence[start:at]), at


def _reference(sentence: Sentence) -> str:
    """Return a code such as K7QX2M, KA-1042 or #4711; of letters alone only where the text calls it a reference."""
    return next((word.text for at, word in enumerate(sentence) if is_reference(sentence, at)), "")


def is_reference(sentence: Sentence, at: int) -> bool:
    """Return whether the word is a code of a booking, an order, a ticket."""
    text = sentence[at].text
    if sentence[at].is_account or not 3 <= len(text) <= 14 or text != text.upper() or not text.isascii() or "/" in text:
        return False
    digits, letters = sum(map(str.isdigit, text)), sum(map(str.isalpha, text))
    is_called = any(near.low in _BEFORE_REFERENCE for near in sentence[max(0, at - 2) : at])
    if digits and letters:
        return digits + letters >= 5
    if digits:
        return digits >= 3 and (text[0] == "#" or (is_called and digits >= 4))
    return is_called and letters == len(text) and len(text) in (5, 6)


def _day(sentence: Sentence) -> str:
    """Return "20 May" of "on May 20th"."""
    for at, word in enumerate(sentence):
        if word.low in _MONTHS and word.is_capital:
            for near in (at + 1, at - 1):
                if 0 <= near < len(sentence) and (day := _DAY.fullmatch(sentence[near].low)):
                    return f"{int(day[1])} {word.text}"
    return ""
