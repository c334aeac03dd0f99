"""Topics of a sentence: an action and its thing, a trouble, a question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kern.models.offline.names.details import is_reference
from kern.models.offline.names.phrases import Thing, owned_thing, placed, thing_at
from kern.models.offline.names.sentences import Sentence
from kern.models.offline.names.vocabulary import (
    ACTIONS,
    ARRIVES,
    ASKING,
    BEFORE_THING,
    BEHIND_THING,
    CLOSED,
    DETERMINERS,
    EVENTS,
    FORMS,
    GERUNDS,
    LIGHT,
    LINKS,
    NEGATIONS,
    QUESTIONS,
    VAGUE_EVENTS,
    WORKS,
    singular,
)

#: Ranks of topics: what is to be done, what went wrong, what is asked, what is mentioned.
WISH, TROUBLE, ASKED, MENTIONED = 4, 3, 2, 1


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject: its words, and how much they say. `noun` alone lacks its thing ("cancel it")."""

    rank: int
    words: tuple[str, ...]
    noun: str = ""
    thing: Thing = field(default=Thing((), 0), compare=False)

    @property
    def is_whole(self) -> bool:
        return bool(self.words)

    def about(self, thing: Thing) -> Topic:
        """Return the topic with the thing that its sentence calls "it"."""
        return Topic(self.rank, thing.before(self.noun), self.noun)


def topics(sentence: Sentence) -> Iterator[Topic]:
    """Yield what the sentence may be about, in its order."""
    for at, word in enumerate(sentence):
        yield from _mentioned(sentence, at)
        if word.low in FORMS and _is_wish(sentence, at):
            yield _wish(sentence, at)
        elif singular(word.low) in EVENTS and not _is_part_of_compound(sentence, at):
            yield from _event(sentence, at)
        elif word.low == "charged" and any(near.low == "twice" for near in sentence[at : at + 4]):
            yield Topic(TROUBLE, ("double", "charge"))
        elif word.low in BEHIND_THING or word.low in BEFORE_THING or word.low in NEGATIONS:
            yield from _trouble(sentence, at)
        elif word.low in ASKING or word.low in QUESTIONS:
            yield from _question(sentence, at)


def _is_part_of_compound(sentence: Sentence, at: int) -> bool:
    """Return whether a noun follows: a "refund policy" is no refund."""
    after = sentence[at + 1] if at + 1 < len(sentence) else None
    if after is None or not after.text.isalpha():
        return False
    return after.low not in CLOSED | LIGHT | LINKS | NEGATIONS | BEFORE_THING.keys() | BEHIND_THING.keys()


def _is_wish(sentence: Sentence, at: int) -> bool:
    """Return whether the word is an action here: after "to", "please", "you", "help with", or first in its sentence."""
    before = [word.low for word in sentence[max(0, at - 3) : at] if word.is_word]
    before = [word for word in before if word == "please" or word not in LIGHT]
    if at + 1 < len(sentence) and is_reference(sentence, at + 1):
        return False
    if not before or before == ["hi"] or before == ["hello"]:
        return True
    if sentence[at].low.endswith("ing") and FORMS[sentence[at].low] != sentence[at].low:
        return before[-1] in ("with", "about", "for", "of", "on", "in", "like", "consider")
    return before[-1] in ("to", "please", "you", "and", "or", "then", "i", "me", "can", "could", "must", "should", "us", "not")


def _wish(sentence: Sentence, at: int) -> Topic:
    verb = FORMS[sentence[at].low]
    start = at + 1
    while start < len(sentence) and sentence[start].low in ("me", "us", "from", "about", "for", "up", "out"):
        start += 1
    thing = thing_at(sentence, start)
    noun = ACTIONS.get(verb, "")
    if verb in GERUNDS:
        return Topic(WISH, () if thing.is_empty else (GERUNDS[verb], *placed(sentence, thing)), GERUNDS[verb])
    if thing.is_empty:
        return Topic(WISH, (), noun)
    if len(thing.words) == 1 and thing.words[0][0].isupper() and not thing.words[0].isupper():
        return Topic(WISH, (noun, "of", *thing.words), noun)
    return Topic(WISH, thing.before(noun), noun)


def _event(sentence: Sentence, at: int) -> Iterator[Topic]:
    """Yield "changes to my trip" as a trip change, and "a delayed flight" where the event is an adjective."""
    noun, following = singular(sentence[at].low), sentence[at + 1].low if at + 1 < len(sentence) else ""
    if following in LINKS:
        thing = thing_at(sentence, at + 2)
        if not thing.is_empty:
            yield Topic(WISH if noun not in VAGUE_EVENTS else ASKED, thing.before(noun), noun)
            return
    if at and sentence[at - 1].low not in CLOSED | LIGHT and sentence[at - 1].is_word:
        thing = owned_thing(sentence, at)
        if thing.end == at and not thing.is_empty:
            yield Topic(TROUBLE if noun not in VAGUE_EVENTS else ASKED, thing.before(noun), noun)
    elif noun not in VAGUE_EVENTS:
        yield Topic(ASKED, (), noun)


def _trouble(sentence: Sentence, at: int) -> Iterator[Topic]:
    """Yield what happened to the thing before: "my flight was delayed", "the bag never arrived"."""
    low = sentence[at].low
    if low in NEGATIONS:
        said = [word.low for word in sentence[at + 1 : at + 4]]
        if any(word in ("log", "login", "sign") for word in said):
            yield Topic(TROUBLE, ("login", "problem"))
            return
        thing = owned_thing(sentence, at)
        if thing.is_empty:
            return
        if any(word in ARRIVES for word in said):
            yield Topic(TROUBLE, ("missing", *thing.words), "")
        elif any(word in WORKS for word in said):
            yield Topic(TROUBLE, (*thing.words, "not", "working"), "")
        return
    after = thing_at(sentence, at + 1)
    is_adjective = not after.is_empty and sentence[at + 1].low not in CLOSED | LIGHT
    thing = after if is_adjective else owned_thing(sentence, at)
    if thing.is_empty and sentence[at - 1].low in ("you", "i", "we", "they"):
        thing = after
    if thing.is_empty:
        return
    if low in BEHIND_THING:
        yield Topic(TROUBLE, thing.before(BEHIND_THING[low]), BEHIND_THING[low])
    else:
        yield Topic(TROUBLE, (BEFORE_THING[low], *thing.words), "")


def _question(sentence: Sentence, at: int) -> Iterator[Topic]:
    """Yield what is asked for: "how many suitcases", "tell me the balance", "what is the fare"."""
    low = sentence[at].low
    following = sentence[at + 1].low if at + 1 < len(sentence) else ""
    if low in QUESTIONS and low != "how" and at > 2:
        return
    if low in ("where", "where's"):
        thing = thing_at(sentence, at + (2 if low == "where" else 1))
        if not thing.is_empty:
            yield Topic(ASKED, thing.before("status"), "")
        return
    if low == "how":
        thing = thing_at(sentence, at + 2)
        if following in ("many", "much") and not thing.is_empty:
            yield Topic(ASKED, ("number" if following == "many" else "amount", "of", *thing.words), "")
        return
    start = at + 1
    while start < len(sentence) and sentence[start].low in ("me", "us", "out", "is", "are", "if", "about", "was", "on", "for"):
        start += 1
    thing = thing_at(sentence, start)
    if not thing.is_empty:
        yield Topic(ASKED, placed(sentence, thing), "")


def _mentioned(sentence: Sentence, at: int) -> Iterator[Topic]:
    """Yield a thing with an owner: "help with my trip", "I have a reservation"."""
    if sentence[at].low in ("my", "our", "a", "an", "the", "your", "added", "ordered", "bought"):
        thing = thing_at(sentence, at + (sentence[at].low in CLOSED - DETERMINERS))
        if not thing.is_empty:
            yield Topic(MENTIONED, placed(sentence, thing), "", thing)
    elif sentence[at].text.isalpha() and at + 1 < len(sentence) and is_reference(sentence, at + 1):
        thing = thing_at(sentence, at)
        if not thing.is_empty and thing.end == at + 1:
            yield Topic(MENTIONED, thing.words, "", thing)
