"""Normalise text for search: without case, accents, and the ways to write one letter.

Databases differ in what `LIKE` thinks alike (SQLite knows the case of ASCII letters alone, PostgreSQL that of its locale), so
what is searched is kept folded, and what is looked for is folded the same way.

Marks are taken away where readers leave them out: accents of Latin, Greek and Cyrillic letters, Hebrew points, Arabic vowel
signs. Marks that make another letter stay (Devanagari and Thai vowels, Japanese voicing marks, Korean syllables): without them
other words would match. German umlauts lose their dots and are not spelled out: `Muller` finds `Müller`, `Mueller` does not.
"""

from __future__ import annotations

import re
import unicodedata

#: Accents and Hebrew, Arabic signs that readers leave out.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f"  # Latin, Greek, Cyrillic
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"  # Arabic
)
#: Invisible characters: soft hyphens, joiners, direction marks, variation selectors.
_UNSEEN = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef"
_LEFT_OUT = re.compile(f"[{_MARKS}{_UNSEEN}]")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
#: Letters with a stroke or of two letters, which Unicode does not take apart; the same letters on Arabic and Persian
#: keyboards; quotes and dashes that phones put in.
_ALIKE = str.maketrans(
    {
        **dict(zip("łøđħŧıðþæœ", ("l", "o", "d", "h", "t", "i", "d", "th", "ae", "oe"), strict=True)),
        **dict(zip("یىکة", "ييكه", strict=True)),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u2032\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u05be", "-"),
    }
)


def fold(text: str) -> str:
    """Return the text as searches compare it: lower case, no accents, one composition, plain digits and single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    # Decomposed twice: `casefold` composes some letters anew.
    bare = _bare(_bare(text.translate(_ALIKE)).casefold()).translate(_ALIKE)
    plain = _OTHER_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), bare)
    return " ".join(unicodedata.normalize("NFC", plain).split())


def _bare(text: str) -> str:
    return _LEFT_OUT.sub("", unicodedata.normalize("NFKD", text))
