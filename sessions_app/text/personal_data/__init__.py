"""Personal data in short texts: addresses, numbers of phones, cards and documents, booking codes.

Numbers count by what can be checked: a card by its check digit, an IBAN by its country's length and remainder, a phone number
by the plan of its country. Numbers without a check count where a word before them says what they are ("passport C01X00T47"),
so that numbers of orders, dates and flights stay. Only the beginning of a long text is looked through.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from sessions_app.text.personal_data.plain import plain

#: What stands in the place of personal data.
MASK = "••••"
#: Characters that are looked through.
LONGEST_TEXT = 2_000
KINDS = ("mail", "phone", "card", "document", "booking")
Finder = Callable[[str], Iterator[tuple[int, int]]]


@cache
def finders() -> dict[str, Finder]:
    """Return the function of each kind. The plans of all countries are loaded here, not when the program starts."""
    from sessions_app.text.personal_data import addresses, documents, numbers

    return {
        "mail": addresses.emails,
        "phone": numbers.phones,
        "card": numbers.cards,
        "document": documents.documents,
        "booking": documents.booking_codes,
    }


@dataclass(frozen=True)
class Found:
    """One place of personal data: its kind and where it stands."""

    kind: str
    start: int
    end: int


def find(text: str, kinds: Iterable[str] = KINDS, allowed: Collection[str] = ()) -> list[Found]:
    """Return personal data of these kinds in order, without overlaps; places that spell one of `allowed` are left out."""
    wanted = set(kinds)
    if not wanted or not text:
        return []
    shown = plain(text[:LONGEST_TEXT])
    exempt = {plain(word).casefold() for word in allowed if word}
    found = [
        Found(kind, start, end)
        for kind in KINDS
        if kind in wanted
        for start, end in finders()[kind](shown)
        if shown[start:end].casefold() not in exempt
    ]
    chosen: list[Found] = []
    for place in sorted(found, key=lambda each: (each.start, -each.end)):
        if not chosen or place.start >= chosen[-1].end:
            chosen.append(place)
    return chosen


def mask(text: str, kinds: Iterable[str] = KINDS, allowed: Collection[str] = ()) -> str:
    """Return the text with `MASK` in the place of personal data, until none is found."""
    wanted = tuple(kinds)
    while found := find(text, wanted, allowed):
        for place in reversed(found):
            text = text[: place.start] + MASK + text[place.end :]
    return text
