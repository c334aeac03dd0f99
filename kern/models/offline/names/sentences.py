"""Sentences of a customer's messages as words, without greetings, signatures and words of the account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kern.models.offline.names.vocabulary import COMMON

#: A word, an id, or a mark between words.
WORD = re.compile(r"#?\w+(?:[-'’./@&+]\w+)*|[.!?…。！？\n]|[,;:()\"“”—–]")
_ENDS = frozenset(".!?…。！？\n")
#: Of a text only the beginning is read (characters): a name is made of its first sentences.
_EXCERPT = 3_000
_MOST_WORDS = 60
#: Share of plain words above which a text is English.
_ENGLISH = 0.2


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written, and in lower case with straight apostrophes."""

    text: str
    low: str

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum() or self.text[0] == "#"

    @property
    def is_account(self) -> bool:
        """True if it is a user's id or an address: personal, and no subject."""
        return "_" in self.text or "@" in self.text

    @property
    def is_capital(self) -> bool:
        return self.text[:1].isupper()


Sentence = list[Word]


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the text's sentences; one without a word is none."""
    sentence: Sentence = []
    for found in WORD.finditer(beginning(text)):
        if found[0] in _ENDS:
            if any(word.is_word for word in sentence):
                yield sentence[:_MOST_WORDS]
            sentence = []
        else:
            sentence.append(Word(found[0], found[0].lower().replace("’", "'")))
    if any(word.is_word for word in sentence):
        yield sentence[:_MOST_WORDS]


def beginning(text: str) -> str:
    """Return the first part of the text, from its first word on."""
    first = re.search(r"\w", text)
    return text[first.start() : first.start() + _EXCERPT] if first else ""


def is_english(sentence: Sentence) -> bool:
    """Return whether the sentence has as many plain words as English has."""
    words = [word.low for word in sentence if word.is_word]
    return sum(word in COMMON for word in words) >= len(words) * _ENGLISH
