"""Split text into the words that searches compare, the same for every database.

Texts are folded first (`sessions_app.text.folding`). A word is a run of letters, digits and their marks: `SAVE_50` and a mail
address are several. Scripts without spaces between words (Chinese, Japanese, Thai, ...) give every pair of neighbouring
characters, and the last one alone, so that each part of such a text is found. Each emoji is a word. Everything else separates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from sessions_app.text.folding import fold

#: Longer words are compared by their beginnings.
LONGEST_TOKEN = 64
#: Scripts that write words without spaces: Thai, Lao, Myanmar, Khmer, kana, Bopomofo, Han.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_ASCII_WORD = re.compile("[a-z0-9]+")
_PIECE = re.compile(f"(?P<unspaced>[{_UNSPACED}]+)|[^ {_UNSPACED}]+")
#: Symbols below are no emoji: ©, °, arrows.
_FIRST_EMOJI = 0x2600
#: Characters that belong to the letter before them: marks, parts of Korean syllables, half-width voicing marks.
_JOINED = re.compile("[\u1160-\u11ff\uff9e\uff9f]")


class _Separated(dict[int, str]):
    """Table for `str.translate`: characters of words stay, emoji stand alone, others become spaces."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if category[0] in "LNM":
            self[code] = character
        else:
            self[code] = f" {character} " if category == "So" and code >= _FIRST_EMOJI else " "
        return self[code]


class Span(NamedTuple):
    """A word and its place in the original text."""

    token: str
    start: int
    end: int


class Term(NamedTuple):
    """A part of a query: neighbouring words; with `is_prefix` the last of them may go on."""

    tokens: tuple[str, ...]
    is_prefix: bool

    def found_in(self, spans: list[Span]) -> Iterator[tuple[int, int]]:
        """Yield begin and end of each place where the term stands."""
        length = len(self.tokens)
        for at in range(len(spans) - length + 1):
            if self.fits([span.token for span in spans[at : at + length]]):
                yield spans[at].start, max(span.end for span in spans[at : at + length])

    def fits(self, tokens: list[str]) -> bool:
        """Return whether these words, as many as the term's, are the term."""
        last = self.tokens[-1]
        same_end = tokens[-1].startswith(last) if self.is_prefix else tokens[-1] == last
        return same_end and tuple(tokens[:-1]) == self.tokens[:-1]


_separated = _Separated()


def tokens(text: str) -> list[str]:
    """Return the words of a text, in their order."""
    folded = fold(text)
    if folded.isascii():
        return [word[:LONGEST_TOKEN] for word in _ASCII_WORD.findall(folded)]
    return [token for token, _start, _end in _words(folded.translate(_separated))]


def term(written: str, *, whole: bool = False) -> Term | None:
    """Return what is looked for, `None` without a word; the last word may be a beginning, unless it is `whole`."""
    found = tokens(written)
    if not found:
        return None
    last = found[-1]
    if not re.match(f"[{_UNSPACED}]", last):
        return Term(tuple(found), not whole and len(last) > 1)
    # The last character of an unspaced piece stands alone in texts only where they end with it.
    is_pair = len(found) > 1 and found[-2][1:] == last
    return Term(tuple(found[:-1]), is_prefix=False) if is_pair else Term(tuple(found), is_prefix=True)


def spans(text: str) -> list[Span]:
    """Return the words of a text with their places in it."""
    if text.isascii():
        return [Span(word[0][:LONGEST_TOKEN], *word.span()) for word in _ASCII_WORD.finditer(text.lower())]
    plain: list[str] = []
    origins: list[tuple[int, int]] = []
    for start, end in _clusters(text):
        part = _folded(text[start:end])
        plain.append(part)
        origins += [(start, end)] * len(part)
    return [Span(token, origins[start][0], origins[end - 1][1]) for token, start, end in _words("".join(plain))]


def _words(plain: str) -> Iterator[tuple[str, int, int]]:
    """Yield each word of a text without separators but spaces, with its place."""
    for found in _PIECE.finditer(plain):
        start, end = found.span()
        if found["unspaced"]:
            yield from ((plain[at : min(at + 2, end)], at, min(at + 2, end)) for at in range(start, end))
        else:
            yield found[0][:LONGEST_TOKEN], start, end


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each letter with its marks."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not _goes_on(text[at]):
            yield start, at
            start = at


@lru_cache(maxsize=4096)
def _goes_on(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" or bool(_JOINED.match(character))


@lru_cache(maxsize=4096)
def _folded(cluster: str) -> str:
    # Spaces at the ends of a folded text would vanish.
    return fold(f"|{cluster}|")[1:-1].translate(_separated)


__all__ = ["LONGEST_TOKEN", "Span", "Term", "spans", "term", "tokens"]
