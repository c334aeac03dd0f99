"""Single-line text as people write it: in every script, with emoji of several parts."""

from __future__ import annotations

import unicodedata

#: Control characters, lone surrogates, and separators of lines and paragraphs. Characters that join letters or emoji, or keep
#: words together, are part of people's text.
_BREAKS = frozenset(("Cc", "Cs", "Zl", "Zp"))
#: Invisible categories: the above, joiners, spaces, and marks that sit on a letter.
_UNSEEN = _BREAKS | frozenset(("Cf", "Zs", "Mn", "Me"))
#: Letters by their category, and blank all the same: the fillers of Hangul, and Braille without a dot.
_BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
#: The twelve characters with the Unicode property `Bidi_Control`: they turn around what stands beside a name, too.
_DIRECTIONS = ("\u061c", "\u200e", "\u200f", *map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
#: Characters without any mark, which make two names look alike: zero-width spaces, soft hyphens, invisible operators.
_NOTHINGS = ("\u00ad", "\u180e", "\u200b", "\ufeff", *map(chr, (*range(0x2060, 0x2066), *range(0x206A, 0x2070))))
#: Joiners (U+200C, U+200D) are not among them, nor the tags of flags: Persian, Indic scripts and emoji are written with them.
HIDDEN = frozenset((*_DIRECTIONS, *_NOTHINGS))
_WITHOUT_HIDDEN = str.maketrans(dict.fromkeys(HIDDEN, ""))


def storable(text: str) -> str:
    """Return the text with what no database or server takes replaced: NUL by U+FFFD, half characters (lone surrogates) by `?`.

    Every text of a conversation goes through here, through every door: messages, thoughts, arguments, results, notes.
    Nothing vanishes: a word would become another word. All other control characters, and bidi controls, stay.
    """
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def is_one_line(text: str) -> bool:
    """Return whether the text has no line breaks, control characters or unpaired surrogates."""
    return not any(unicodedata.category(char) in _BREAKS for char in text)


def is_visible(text: str) -> bool:
    """Return whether the text has a visible character."""
    return any(unicodedata.category(char) not in _UNSEEN and char not in _BLANKS for char in text)


def without_hidden(text: str) -> str:
    """Return the text without bidi controls and zero-width characters; joiners, which scripts and emoji need, stay."""
    return text.translate(_WITHOUT_HIDDEN)


def one_line(text: str) -> str:
    """Return the text as one line without hidden characters: line breaks and runs of spaces become one space.

    Empty where no character is visible.
    """
    if not is_visible(text):
        return ""
    return " ".join(without_breaks(without_hidden(text)).split())


def without_breaks(text: str) -> str:
    """The text with a space for each line break, control character and half character."""
    return text if is_one_line(text) else "".join(" " if unicodedata.category(char) in _BREAKS else char for char in text)
