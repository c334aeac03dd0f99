"""Things in a sentence: noun phrases without their articles, owners and times."""

from __future__ import annotations

from dataclasses import dataclass

from kern.models.offline.names.sentences import Sentence
from kern.models.offline.names.vocabulary import CLOSED, DETERMINERS, EMPTY, LIGHT, NUMBER_WORDS, QUANTITIES, singular

#: A thing has at most so many words: what is longer is a sentence.
_MOST_WORDS = 3
#: Words between a thing and what it belongs to.
_WITHIN = ("for", "of", "on", "in", "from", "with", "to")


@dataclass(frozen=True, slots=True)
class Thing:
    """A noun phrase, and the place behind it in its sentence."""

    words: tuple[str, ...]
    end: int

    @property
    def is_empty(self) -> bool:
        """True if it says nothing by itself: "it", "some help"."""
        return not self.words or all(word.lower() in EMPTY for word in self.words)

    def before(self, noun: str) -> tuple[str, ...]:
        """Return the thing as the first part of a compound: "flights" before "change" is "flight change"."""
        if self.words[-1].lower() in (noun, f"{noun}s"):
            return self.words
        return (*self.words[:-1], singular(self.words[-1]), noun)


def thing_at(sentence: Sentence, start: int, depth: int = 2) -> Thing:
    """Return the thing that begins at `start`; one without words where there is none."""
    at = _skip(sentence, start)
    if depth and start < at and at < len(sentence) and sentence[at].low == "of":
        # "all of my flights", "the sum of the balances": what is counted is the thing.
        return thing_at(sentence, at + 1, depth - 1)
    words: list[str] = []
    while at < len(sentence) and len(words) < _MOST_WORDS and _is_part(sentence, at):
        if sentence[at].low not in LIGHT and sentence[at].low not in NUMBER_WORDS:
            words.append(plain(sentence, at))
        at += 1
    if depth and words and at < len(sentence) and sentence[at].low == "of" and len(words) == 1:
        whole = thing_at(sentence, at + 1, 0)
        if not whole.is_empty:
            return Thing((*whole.words[:-1], singular(whole.words[-1]), *words)[-_MOST_WORDS:], whole.end)
    if depth and words and at + 1 < len(sentence) and sentence[at].low in ("and", "&") and _is_part(sentence, at + 1):
        # "gift card and certificate balances": the last word belongs to both.
        other = thing_at(sentence, at + 1, 0)
        if 1 < len(other.words) <= _MOST_WORDS - len(words) + 1 and _is_plural(other.words[-1]):
            return Thing((*words, "and", *other.words), other.end)
    return Thing(tuple(words), at)


def owned_thing(sentence: Sentence, end: int) -> Thing:
    """Return the last thing with an article or an owner before `end`: the subject of what follows."""
    first = next((at + 1 for at in range(end - 1, -1, -1) if sentence[at].text in ":;—–"), 0)
    sentence = sentence[:end]
    for at in range(end - 1, first - 1, -1):
        if _is_article(sentence, at):
            thing = thing_at(sentence, at)
            if not thing.is_empty and not (at > 1 and sentence[at - 1].low in _WITHIN and _has_owner(sentence, at - 1)):
                return thing
    return _bare_thing(sentence, first)


def _bare_thing(sentence: Sentence, first: int) -> Thing:
    """Return the thing at the beginning of a clause without an article: "order 48213 never arrived"."""
    thing = thing_at(sentence, first)
    return Thing((), len(sentence)) if thing.is_empty or any(word in CLOSED for word in map(str.lower, thing.words)) else thing


def placed(sentence: Sentence, thing: Thing) -> tuple[str, ...]:
    """Return the thing's words; one word alone with what follows it: "flight to Lisbon", "invoice for March"."""
    at = thing.end
    if at + 1 < len(sentence) and sentence[at].low == "with" and sentence[at + 1].low in ("me", "us", "him", "her", "you"):
        at += 2
    if len(thing.words) == 1 and at < len(sentence) and sentence[at].low in ("to", "for", "from", "in", "on", "at"):
        where = thing_at(sentence, at + 1, 0)
        if not where.is_empty:
            return (*thing.words, sentence[at].text, *where.words)
    return thing.words


def _is_article(sentence: Sentence, at: int) -> bool:
    return sentence[at].low in DETERMINERS and sentence[at].low not in ("this", "that", "no", "any")


def _has_owner(sentence: Sentence, end: int) -> bool:
    """Return whether another thing ends right before `end`: in "the insurance for my flight" it is the subject."""
    start = next((at for at in range(end - 1, -1, -1) if _is_article(sentence, at)), None)
    return start is not None and thing_at(sentence, start, 0).end == end


def plain(sentence: Sentence, at: int) -> str:
    """Return the word without the capital of a sentence's beginning."""
    word = sentence[at].text
    return word.lower() if at == 0 and word[1:] == word[1:].lower() and word.isalpha() else word


def _is_plural(word: str) -> bool:
    return singular(word) != word


def _skip(sentence: Sentence, at: int) -> int:
    while at < len(sentence) and _is_skipped(sentence[at].low):
        at += 1
    return at


def _is_skipped(word: str) -> bool:
    return word in DETERMINERS or word in QUANTITIES or word in LIGHT or (word.isdigit() and len(word) < 3)


def _is_part(sentence: Sentence, at: int) -> bool:
    word = sentence[at]
    if not word.is_word or word.is_account or word.low in CLOSED:
        return False
    # Numbers and ids are details, told behind the thing.
    return not any(char.isdigit() for char in word.text) and not _is_adverb(word.low)


def _is_adverb(word: str) -> bool:
    return len(word) > 4 and word.endswith("ly") and word not in ("family", "supply", "assembly", "reply", "monthly", "weekly")
