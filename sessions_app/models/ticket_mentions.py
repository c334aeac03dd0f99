"""Ticket ids in running text: what customers write and what the set-up's examples say. Text alone, no rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sessions_app.models import ticket_ids

#: Longer texts are looked through no further (characters).
LONGEST_TEXT = 20_000
#: What stands between spaces and brackets; an address may have brackets in it.
_TOKEN = re.compile(r"https?://[^\s<>\"“”«»]+|[^\s<>()\[\]{}\"“”„«»,;|]+", re.IGNORECASE)
#: An id has a number in it: other words are not looked at, which is quick.
_NUMBER = re.compile(r"\d")
_PART = re.compile(r"[^/'’]+")
_ENDING = ".,;:!?'’)]}>*_"
#: Words before a number that make it one of a ticket. A number alone may be anything.
_SAID = re.compile(
    r"(?:\b(?:ticket|issue|case|request|incident|vorgang|anfrage|caso|заявка|工单|チケット)"
    r"(?:[\s-]?(?:number|nummer|id|no|nr|n°|号))?\s*[.:#]*\s*|#)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Mention:
    """One id in a text: where it stands, and the id in its system's spelling."""

    start: int
    end: int
    ticket_id: str


def mentions(text: str, of_address: Callable[[str], str], of_word: Callable[[str], str], key: str = "") -> Iterator[Mention]:
    """Yield the ids that a text mentions.

    `of_address` and `of_word` return the id in an address or a word, empty where it has none. A word of digits alone counts
    only after "#", "ticket" and the like, or after the system's `key`.
    """
    for token in _TOKEN.finditer(text[:LONGEST_TEXT]):
        if not _NUMBER.search(token[0]):
            continue
        start, word = token.start(), token[0].rstrip(_ENDING).rstrip("#")
        if mention := _in_address(word, start, of_address) or _in_word(text, word, start, of_word, key):
            yield mention
            continue
        # As in "HD-1/HD-2" and "HD-3's".
        for part in _PART.finditer("" if ticket_ids.has_scheme(word) else word):
            if part[0] != word and (mention := _in_word(text, part[0], start + part.start(), of_word, key)):
                yield mention


def _in_address(word: str, start: int, of_address: Callable[[str], str]) -> Mention | None:
    if not ticket_ids.is_address(word):
        return None
    number = of_address(word)
    return Mention(start, start + len(word), number) if number else None


def _in_word(text: str, word: str, start: int, of_word: Callable[[str], str], key: str) -> Mention | None:
    if ticket_ids.has_scheme(word):
        return None
    bare = word.lstrip("#'’*_")
    after = len(word) - len(bare)
    # "Ticket#31001" is one word.
    said, hash_sign, rest = bare.rpartition("#")
    if hash_sign and rest and _SAID.search(said + "#"):
        bare, after = rest, after + len(said) + 1
    keyed = ticket_ids.without_key(ticket_ids.normalized(bare), key)
    number = of_word(keyed or ticket_ids.normalized(bare))
    if not number or not (keyed or _is_telling(number) or _SAID.search(text[: start + after])):
        return None
    return Mention(start, start + len(word), number)


def _is_telling(number: str) -> bool:
    """Return whether an id has more than digits, so that it can be told from any number."""
    return not number.isdigit()
