"""A name for a conversation without a language model: its subject as a noun phrase, with what tells it from others.

"I need to cancel my flight from Oslo to Rome" is "Flight cancellation Oslo–Rome". Where the words follow no pattern of these
(or another language's), the name is the first meaningful words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kern.models.offline.names.details import details
from kern.models.offline.names.opening_words import opening_words
from kern.models.offline.names.sentences import Sentence, is_english, sentences
from kern.models.offline.names.topics import MENTIONED, Topic, topics
from kern.models.offline.words import says_something
from kern.records.message import Message

#: A sentence of the library's request for a name (see `kern.naming`).
ASKS_FOR_A_NAME = "name for this conversation"
_MOST_WORDS = 5
#: Messages of the customer that are read.
_MESSAGES = 3
_SPEAKER = re.compile(r"^(user|customer|assistant|agent)\s*:\s*", re.I)


def asks_for_a_name(messages: Sequence[Message]) -> bool:
    """Return whether these are the library's instructions to name a conversation."""
    return any(ASKS_FOR_A_NAME in message.content for message in messages if message.role in ("system", "user"))


def name_for(messages: Sequence[Message]) -> str:
    """Return a name of up to five words for what the customer wrote; empty where there are none."""
    asked = [message.content for message in messages if message.role == "user" and ASKS_FOR_A_NAME not in message.content]
    said = [turn for text in asked for turn in _customers_turns(text)]
    return name_of(said) if said else ""


def name_of(said: Sequence[str]) -> str:
    """Return a name for a conversation from the customer's messages, the first one first."""
    read = [list(sentences(text)) for text in said[:_MESSAGES]]
    if topic := _topic([[one for one in message if is_english(one)] for message in read]):
        return _written(topic.words, details([sentence for message in read for sentence in message]))
    if not any(says_something(text) for text in said):
        return "General question" if any(text.strip() for text in said) else ""
    return next(filter(None, map(opening_words, said)), "General question")


def _topic(said: Sequence[Sequence[Sentence]]) -> Topic | None:
    """Return the topic that says most of the first message that has more than a mention, else of the first mention."""
    mentioned: Topic | None = None
    for message in said:
        best: Topic | None = None
        for topic in (topic for sentence in message for topic in topics(sentence)):
            if topic.rank == MENTIONED and topic.thing.words:
                mentioned = mentioned or topic
            whole = topic if topic.is_whole else _completed(topic, mentioned)
            if whole and whole.rank > MENTIONED and (best is None or whole.rank > best.rank):
                best = whole
        if best is not None:
            return best
    return mentioned


def _completed(topic: Topic, mentioned: Topic | None) -> Topic | None:
    """Return the topic about what was mentioned before it ("I booked a flight. I want to cancel it.")."""
    return topic.about(mentioned.thing) if mentioned and mentioned.thing.words and topic.noun else None


def _written(words: Sequence[str], found: Iterator[str]) -> str:
    """Return the words with as many details as there is room for."""
    name = " ".join(words[:_MOST_WORDS])
    for detail in found:
        if len(name.split()) + len(detail.split()) <= _MOST_WORDS and detail not in name:
            name = f"{name} {detail}"
    return name[:1].upper() + name[1:]


def _customers_turns(text: str) -> Iterator[str]:
    """Yield what stands after each "user:" of a transcript; the text itself where it is none."""
    turns: list[list[str]] = []
    is_customers = is_transcript = False
    for line in text.splitlines():
        if match := _SPEAKER.match(line):
            is_transcript, is_customers = True, match[1].lower() in ("user", "customer")
            if is_customers:
                turns.append([])
            line = line[match.end() :]
        if is_customers:
            turns[-1].append(line)
    yield from ("\n".join(turn) for turn in turns) if is_transcript else (text,)
