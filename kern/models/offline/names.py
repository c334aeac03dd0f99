"""A name for a conversation without a language model: its key words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from kern.models.offline.words import STOP_WORDS, stem, word_set
from kern.records.message import Message

#: A sentence of the library's request for a name (see `kern.naming`).
ASKS_FOR_A_NAME = "name for this conversation"
_MOST_WORDS = 4
#: So many characters before a word tell whether a sentence begins with it.
_BEFORE = 20
_LINE = re.compile(r"^(user|customer|assistant|agent)\s*:\s*", re.I)
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_SAYS_LITTLE = word_set(
    """
    able afraid ago along already anything back bit bring day days few find frustrated going good hope im issue know later
    leave long look looking lot made make making many may might morning much new number question recent recently said say see
    seem similar
    since soon sorry sure take tell thing think time today told tomorrow tried try trying two upcoming upset use used
    user using way week wanted well went yesterday yet
    """
)


def asks_for_a_name(messages: Sequence[Message]) -> bool:
    """Return whether these are the library's instructions to name a conversation."""
    return any(ASKS_FOR_A_NAME in message.content for message in messages if message.role in ("system", "user"))


def name_for(messages: Sequence[Message]) -> str:
    """Return up to four keywords of the customer's messages, in their order; empty where there are none."""
    said = [message.content for message in messages if message.role == "user" and ASKS_FOR_A_NAME not in message.content]
    text = _customer_lines("\n".join(said)) or "\n".join(said)
    words = [_in_running_text(match) for match in _WORD.finditer(text) if _counts(match[0])]
    if not words:
        return "General question" if text.strip() else ""
    counts = Counter(stem(word.lower()) for word in words)
    first = {stem(word.lower()): (at, word) for at, word in reversed(list(enumerate(words)))}
    # Frequent and early words are the subject; people open with it.
    best = sorted(first, key=lambda key: (-counts[key], first[key][0]))[:_MOST_WORDS]
    chosen = [first[key][1] for key in sorted(best, key=lambda key: first[key][0])]
    return " ".join([chosen[0][:1].upper() + chosen[0][1:], *chosen[1:]])


def _customer_lines(transcript: str) -> str:
    """Return the text after "user:" in a transcript."""
    lines: list[str] = []
    speaker = ""
    for line in transcript.splitlines():
        if match := _LINE.match(line):
            speaker, line = match[1].lower(), line[match.end() :]
        if speaker in ("user", "customer"):
            lines.append(line)
    return "\n".join(lines)


def _in_running_text(match: re.Match[str]) -> str:
    """Return the word without the capital of a sentence's beginning; Lisbon and K7QX2M stay as they are."""
    word = match[0]
    before = match.string[max(0, match.start() - _BEFORE) : match.start()]
    begins = before.rstrip(" \t\"'(")[-1:] in ("", ".", "!", "?", "\n", ":")
    return word.lower() if begins and word[1:] == word[1:].lower() and word.isalpha() else word


def _counts(word: str) -> bool:
    low = word.lower().replace("’", "'")
    return len(low) > 2 and low not in STOP_WORDS and low not in _SAYS_LITTLE and not low.isdigit()
