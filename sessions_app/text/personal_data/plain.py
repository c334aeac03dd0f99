"""The compared form of a text: every character in its place, in its simplest form."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Return the text with ASCII digits, dashes, spaces and letters of normal width; its length stays the same.

    People write numbers with digits of their script, with long dashes, with invisible joiners between digits.
    """
    return "".join(map(_simplest, text))


def _simplest(char: str) -> str:
    if char.isascii():
        return char
    normal = unicodedata.normalize("NFKC", char)
    char = normal if len(normal) == 1 else char
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category == "Pd" or char == "\u2212":
        return "-"
    # Separators, joiners and marks: what stands between two digits divides them at most.
    return " " if category in ("Zs", "Cf", "Cc", "Mn", "Me") else char
