"""Forbidden words and phrases in names, per queue, as an admin wrote them: one a line.

Customers influence names: a model makes them from the customers' messages, and the first words are the name where no model
answers. A word is found in every disguise: capital letters, accents, full width, marks of Markdown and HTML, links, invisible
characters, letters spelled out one by one. Whole words are compared (their letters and digits), so that a short word does not
refuse a longer one that contains it; scripts without spaces between words are searched as they stand. An admin's text is never
a pattern, and each word costs one pass through the name.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from sessions_app.text.folding import fold

MOST_LINES = 1_000
LONGEST_LINE = 100
#: Names are shorter; of anything longer only the beginning is shown.
_LONGEST_TEXT = 2_000
#: Letters that show nothing: the grapheme joiner, variation selectors of Mongolian, inherent vowels of Khmer.
_NOTHINGS = dict.fromkeys((0x034F, 0x17B4, 0x17B5, *range(0x180B, 0x1810)), "")
#: Letters by their category that look like a space: fillers of Hangul, Braille without a dot.
_BLANKS = dict.fromkeys((0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800), " ")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\[\]]*\)")
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_MARKS = re.compile(r"[*_~`\[\]\\|]+")
#: Scripts that put no spaces between words: Thai, Lao, Tibetan, Burmese, Khmer, Japanese, Chinese.
_WITHOUT_SPACES = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)


@dataclass(frozen=True)
class _Word:
    """One line: as written, and in the compared form."""

    written: str
    folded: str
    anywhere: bool


def found_in(text: str, forbidden: str) -> str:
    """Return the first of the forbidden words (one a line) in the text, as it was written; empty where there is none."""
    if not forbidden or not text:
        return ""
    forms = _forms(text[:_LONGEST_TEXT])
    apart = [f" {' '.join(words)} " for words in (*map(_words, forms), *map(_spelled_out, forms))]
    together = [*(form.replace(" ", "") for form in forms), *("".join(_words(form)) for form in forms)]
    for word in _read(forbidden):
        if any(word.folded in form for form in (together if word.anywhere else apart)):
            return word.written
    return ""


def must_be_words(value: str) -> None:
    """Raise `ValidationError` unless every line of the text can be found in a name."""
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) > MOST_LINES:
        raise ValidationError(_("That has %(lines)d lines; %(most)d may be there.") % {"lines": len(lines), "most": MOST_LINES})
    for number, line in enumerate(lines, 1):
        if len(line) > LONGEST_LINE:
            raise ValidationError(
                _("Line %(number)d is longer than %(most)d characters. Write one word or phrase a line.")
                % {"number": number, "most": LONGEST_LINE}
            )
        if line and _word(line) is None:
            raise ValidationError(_("Line %(number)d has nothing in it that a name could have.") % {"number": number})


def has_no_spaces(text: str) -> bool:
    """Return whether the text is written, at least in part, in a script without spaces between words."""
    return bool(_WITHOUT_SPACES.search(text))


@lru_cache(maxsize=32)
def _read(forbidden: str) -> tuple[_Word, ...]:
    words = (_word(line.strip()) for line in forbidden.splitlines())
    return tuple(word for word in words if word is not None)


def _word(line: str) -> _Word | None:
    """Return the line in the compared form; `None` where it is empty."""
    plain = _plain(line)
    words = _words(plain)
    if words and not has_no_spaces(plain):
        return _Word(line, f" {' '.join(words)} ", anywhere=False)
    # Signs alone, an emoji for example, stand between words or in them.
    folded = "".join(words) or plain.replace(" ", "")
    return _Word(line, folded, anywhere=True) if folded else None


def _forms(text: str) -> list[str]:
    """Return the readings of the text: as it is written, and without its marks."""
    text = html.unescape(text)
    bare = _MARKS.sub("", _TAG.sub("", _LINK.sub(r"\1", text)))
    return list(dict.fromkeys(map(_plain, (text, bare, _TAG.sub(" ", text)))))


def _plain(text: str) -> str:
    """Fold the text and remove invisible characters."""
    seen = "".join(char for char in text.translate(_BLANKS).translate(_NOTHINGS) if unicodedata.category(char) != "Cf")
    return fold(seen)


def _words(plain: str) -> list[str]:
    """Return the words: letters, digits, and their marks. `\\w` knows no vowel signs, and takes `_` for a letter."""
    return "".join(char if unicodedata.category(char)[0] in "LNM" else " " for char in plain).split()


def _spelled_out(plain: str) -> Iterable[str]:
    """Join single letters in a row to one word: `f o o` and `f.o.o` are read as `foo`."""
    words: list[str] = []
    row = ""
    for word in _words(plain):
        if len(word) == 1:
            row += word
            continue
        words += [row, word] if row else [word]
        row = ""
    return [*words, row] if row else words
