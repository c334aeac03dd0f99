"""One line of text, as people write it: in every script, with emoji of several parts, and nothing that breaks the line."""

from __future__ import annotations

import unicodedata

#: Control characters, half surrogate pairs, and what separates lines and paragraphs. Whatever joins letters or emoji, or keeps
#: words together, is part of what people write.
_BREAKS = frozenset(("Cc", "Cs", "Zl", "Zp"))
#: What leaves no mark of its own: the above, joiners, spaces, and marks that sit on a letter.
_UNSEEN = _BREAKS | frozenset(("Cf", "Zs", "Mn", "Me"))


def is_one_line(text: str) -> bool:
    """Whether the text has no line breaks, control characters or half characters."""
    return not any(unicodedata.category(char) in _BREAKS for char in text)


def is_visible(text: str) -> bool:
    """Whether there is anything to see in it."""
    return any(unicodedata.category(char) not in _UNSEEN for char in text)


def one_line(text: str) -> str:
    """The text as one line: what breaks it and runs of spaces become one space; empty where there is nothing to see."""
    if not is_visible(text):
        return ""
    return " ".join("".join(" " if unicodedata.category(char) in _BREAKS else char for char in text).split())
