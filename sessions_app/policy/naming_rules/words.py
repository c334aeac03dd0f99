"""Words of a name: counted, cut, and written in capital or small letters."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from sessions_app.text.forbidden_words import has_no_spaces
from sessions_app.text.personal_data import MASK

_AT_ENDS = ",;:–—-/|·& "
_LOOSE_WORDS = """
    a an the of to in on at for from with and or by about after before between its his her my our your their is are was were
    der die das ein eine einer von vom zu zum zur im am auf für mit und oder nach vor bei
    le la les un une du des de à au aux en pour avec et ou sur el los las del al con por para y o e il lo gli di da per su
    um uma do no na os as com em
"""
_LOOSE = frozenset(_LOOSE_WORDS.split())
#: From this many letters on, a word in capitals is no abbreviation.
_NO_ABBREVIATION = 5


def count(text: str, ignored: Collection[str] = ()) -> int:
    """Return the number of words: what has a letter, a digit, a picture or a mask. `ignored` words do not count."""
    folded = {word.casefold() for word in ignored}
    return sum(_is_word(token) and token.strip(_AT_ENDS + "()[]").casefold() not in folded for token in text.split())


def cut_to_words(text: str, most: int, ignored: Collection[str] = ()) -> str:
    """Return the first `most` words, without a dash or a comma at the end."""
    tokens = text.split()
    while tokens and count(" ".join(tokens), ignored) > most:
        tokens.pop()
    cut = " ".join(tokens).rstrip(_AT_ENDS)
    return _without_loose_end(cut) if len(cut) < len(" ".join(text.split())) else cut


def cut_to_characters(text: str, most: int) -> str:
    """Return the beginning of the text: whole words where the first of them fits, and no half of a composed character."""
    if len(text) <= most:
        return text
    cut = text[:most]
    if not text[most].isspace() and " " in cut.strip() and not has_no_spaces(cut):
        cut = _without_loose_end(cut.rsplit(" ", 1)[0])
    elif unicodedata.category(text[most]) in ("Mn", "Me", "Mc", "Cf") or text[most - 1] == "\u200d":
        cut = cut[:-1].rstrip("\u200d")
    return cut.strip().rstrip(_AT_ENDS)


def in_case(text: str, letter_case: str) -> str:
    """Return the text with the capital letters of the rule."""
    match letter_case:
        case "upper":
            return text.upper()
        case "lower":
            return text.lower()
        case "title":
            return " ".join(map(_capitalized, text.split(" ")))
        case "sentence":
            return _capitalized(_quiet(text))
        case _:
            return text


def _without_loose_end(text: str) -> str:
    """Return a cut text without prepositions and articles at its end."""
    tokens = text.split()
    while len(tokens) > 1 and tokens[-1].casefold() in _LOOSE:
        tokens.pop()
    return " ".join(tokens).rstrip(_AT_ENDS)


def _is_word(token: str) -> bool:
    shows = any(unicodedata.category(char)[0] in "LN" or unicodedata.category(char) == "So" for char in token)
    return shows or MASK in token


def _capitalized(text: str) -> str:
    """Capitalise the first word where it begins with a small letter and has no capital of its own (`iPhone`)."""
    first, *rest = text.split(" ", 1)
    start = next((index for index, char in enumerate(first) if char.isalnum()), None)
    if start is None or not first[start].islower() or first != first.lower():
        return text
    return " ".join([first[:start] + first[start].title() + first[start + 1 :], *rest])


def _quiet(text: str) -> str:
    """Write a text of capitals alone in small letters; abbreviations and numbers stay as they are."""
    words = [word for word in text.split() if word.isalpha()]
    if text != text.upper() or not any(len(word) >= _NO_ABBREVIATION for word in words):
        return text
    return " ".join(word.lower() if word.isalpha() else word for word in text.split(" "))
