"""The pool of sentences that made-up messages say, with the words that the index of search keeps of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from sessions_app.text.folding import fold
from sessions_app.text.tokens import tokens

#: Sentences of the pool. Messages share them; the first of a conversation also has a booking's number of its own.
POOL = 5_000
#: Different made-up words; as in any language few of them are common and most are rare.
VOCABULARY = 30_000
SHORTEST, LONGEST = 6, 22
#: No sentence is longer, so that the line of a list has it whole beside the booking's number.
LONGEST_LINE = 170
TITLE_WORDS = 5
#: Words of a support desk; each stands in about every fiftieth to every third sentence.
COMMON = [
    "my",
    "booking",
    "flight",
    "refund",
    "please",
    "bag",
    "the",
    "to",
    "for",
    "a",
    "I",
    "we",
    "is",
    "was",
    "not",
    "when",
    "seat",
    "cancel",
    "voucher",
    "invoice",
    "gate",
    "meal",
    "change",
    "name",
    "card",
    "paid",
    "delay",
    "hotel",
    "wheelchair",
    "passport",
    "transfer",
    "luggage",
    "departure",
    "check-in",
    "children",
    "crédit",
    "Müller",
    "naïve",
    "Zürich",
    "façade",
    "São",
]
SYLLABLES = ("ka", "lo", "mi", "ren", "tas", "vor", "ne", "su", "pil", "dra", "gon", "fe", "bar", "qui", "hal", "zet")


class Sentence(NamedTuple):
    """A sentence and a title, each with its folded form and its words, as the columns of a row keep them."""

    number: int
    content: str
    folded: str
    words: str
    title: str
    title_folded: str
    title_words: str


def sentences(seed: int) -> Iterator[Sentence]:
    """Yield `POOL` sentences; the same seed gives the same ones."""
    dice = random.Random(seed)
    vocabulary = [*COMMON, *(_made_up(number) for number in range(VOCABULARY))]
    # Zipf's law: the word of rank n is about 1/n as common as the first.
    weights = list(accumulate(1 / rank for rank in range(1, len(vocabulary) + 1)))
    for number in range(POOL):
        said = dice.choices(vocabulary, cum_weights=weights, k=dice.randint(SHORTEST, LONGEST))
        content = _line(said, LONGEST_LINE) + "."
        title = _line(said[:TITLE_WORDS], LONGEST_LINE)
        yield Sentence(number, content, fold(content), _joined(content), title, fold(title), _joined(title))


def _made_up(number: int) -> str:
    """Return a word of three syllables or more, one for each number."""
    word = ""
    left = number + len(SYLLABLES) ** 3
    while left:
        left, syllable = divmod(left, len(SYLLABLES))
        word += SYLLABLES[syllable]
    return word


def _line(words: list[str], longest: int) -> str:
    """Return the words as a sentence of at most so many characters, beginning with a capital."""
    line = " ".join(words)[:longest].rstrip()
    return line[0].upper() + line[1:]


def _joined(text: str) -> str:
    return " ".join(tokens(text))


__all__ = ["POOL", "Sentence", "sentences"]
