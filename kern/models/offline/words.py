"""Words for the offline responder: stop words and stems.

Customers write texts of any length and without spaces, so no pattern here or beside it may look at a place again and again.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_DIGIT = re.compile(r"\d")
_ENDINGS = ("ations", "ation", "ments", "ment", "ings", "ing", "ied", "ies", "ed", "es", "ly", "s")


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list that is written as running text."""
    return frozenset(text.split())


STOP_WORDS = word_set(
    """
    a about after again all also am an and another any anybody are as at be because been before being but by can cannot
    could did do does done don't dont for from further get give given got had has have having he hello help her here hey
    hi him his how i i'd i'm i've if in into is it it's its just know let like me my need no not now of off on once one
    only or other our out over own please same say she should so some still such tell than thank thanks that that's the
    their them then there these they this those to too under until up us very want was we were what what's when where
    which while who whom why will with would yes you your dear regards best kind really lot much ok okay great perfect
    cheers something someone
    """
)


def words_of(text: str) -> list[str]:
    """Return the words of a text, in lower case."""
    return [word.lower().replace("’", "'") for word in _WORD.findall(text.replace("_", " "))]


def stem(word: str) -> str:
    """Return the word without its usual endings, so that cancel, cancelled and cancellation are equal."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + ("y" if ending in ("ies", "ied") else "")
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiou":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word[-1] == "e" else word


def stems_of(text: str) -> list[str]:
    """Return the stems of the meaningful words, in order, repeats included."""
    return [stem(word) for word in words_of(text) if word not in STOP_WORDS and (len(word) > 1 or word.isdigit())]


def says_something(text: str) -> bool:
    """Return whether the text has a meaningful word besides numbers and references."""
    return bool(stems_of(" ".join(word for word in text.split() if not _DIGIT.search(word))))
