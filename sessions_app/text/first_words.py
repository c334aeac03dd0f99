"""The first words of a message that say something: what a conversation is called until it has a name.

Greetings, thanks, small talk, quotes, mail headers and signatures are passed over, in the languages that are listed here;
other languages keep their first words. Scripts without spaces between words are cut between composed characters.
"""

from __future__ import annotations

import re
import unicodedata

from kern.validation.text import one_line
from sessions_app.text import mail_parts
from sessions_app.text.small_talk import GREETED, GREETINGS, LITTLE

#: Characters of a stand-in for a name.
LONGEST = 60
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])\s*|\n+")
_CLAUSE = re.compile(r"[,;:!.،、，。！–—-]")
_ENDS = " \t,;:.!–—-،、，。！"


def first_words(text: str, longest: int = LONGEST) -> str:
    """Return the first words that say something, in one line of at most `longest` characters; empty where there are none."""
    parts = mail_parts.split(text)
    found = (_telling(lines) for lines in (parts.lines, [parts.subject], parts.forwarded))
    return cut(next(filter(None, found), ""), longest)


def cut(text: str, longest: int) -> str:
    """Return the beginning of the text: whole words where the first of them fits, and no half of a composed character."""
    if len(text) <= longest:
        return text.strip()
    end = longest
    while end > longest // 2 and (text[end - 1] == "\u200d" or unicodedata.category(text[end]) in ("Mn", "Me", "Mc", "Cf")):
        end -= 1
    begin = text[:end]
    if not text[end].isspace() and " " in begin.strip():
        begin = begin.rsplit(" ", 1)[0]
    return begin.strip().rstrip(_ENDS)


def _telling(lines: list[str]) -> str:
    """Return the first sentence that says something, without the greeting before it."""
    for sentence in _sentences(lines):
        rest = _ungreeted(one_line(sentence))
        if _has_words(rest) and not _says_little(rest):
            return rest[:1].upper() + rest[1:] if rest[:1].islower() else rest
    return ""


def _sentences(lines: list[str]) -> list[str]:
    """Return the sentences; a line goes on in the next one, unless it is a greeting or ends a paragraph."""
    text = ""
    for line in lines:
        text += "\n" if not line else f"{line}\n" if _says_little(_ungreeted(line)) else f"{line} "
    return [sentence for sentence in _SENTENCE.split(text) if sentence.strip()]


def _ungreeted(said: str) -> str:
    """Return the text after its greeting and whom it greets."""
    rest = said.strip().lstrip(_ENDS)
    for _ in range(3):
        low = rest.casefold()
        greeting = next((word for word in GREETINGS if low.startswith(word) and _ends_at(low, len(word))), "")
        if not greeting:
            break
        after = rest[len(greeting) :].lstrip()
        clause = _CLAUSE.search(after[:40])
        if clause and len(after[: clause.start()].split()) <= (
            4 if greeting in ("dear", "sehr geehrte", "sehr geehrter") else 2
        ):
            after = after[clause.end() :]
        words = after.lstrip(_ENDS).split()
        while words and words[0].casefold().strip(_ENDS) in GREETED:
            words.pop(0)
        rest = " ".join(words).lstrip(_ENDS)
    return rest.rstrip(_ENDS)


def _ends_at(text: str, place: int) -> bool:
    """Return whether a word ends there; in scripts without spaces, any does."""
    return place >= len(text) or not text[place].isalnum() or (not text[place - 1].isascii() and ord(text[place - 1]) > 0x2E80)


def _says_little(said: str) -> bool:
    words = [word.strip("()\"'“”„*_" + _ENDS + "?") for word in said.casefold().replace("’", "'").split()]
    return all(not word or word in LITTLE for word in words)


def _has_words(said: str) -> bool:
    return any(unicodedata.category(char)[0] in "LNS" for char in said)


__all__ = ["LONGEST", "cut", "first_words"]
