"""Mark what a search found: in the sentence around it, for lists, and in a text as pages show it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from sessions_app.text.tokens import Term, spans, tokens
from sessions_app.text.unseen import shown

#: Characters of a sentence before what was found, and in all.
BEFORE, LENGTH = 60, 220
#: A long text is looked through in parts of so many characters, which share the words at their ends.
PART, SHARED = 2_000, 200
_END = re.compile(r"[.!?…。！？؟]\s+|\n")
_TAG = re.compile(r"(<[^>]*>)")


class Piece(NamedTuple):
    """A part of a sentence; `is_hit` where it is what was looked for."""

    text: str
    is_hit: bool


def sentence(text: str, terms: Sequence[Term]) -> list[Piece]:
    """Return the words around the first place of a term in one line; empty where no term is in the text."""
    for start in range(0, len(text), PART - SHARED):
        part = text[start : start + PART]
        if _has_any(part, terms) and (places := _places(part, terms)):
            return _around(part, places, start > 0, start + PART < len(text))
    return []


def marked(html: SafeString, terms: Sequence[Term]) -> SafeString:
    """Mark what was found in safe HTML; its elements stay as they are."""
    if not terms:
        return html
    parts = _TAG.split(html)
    # Every second one is a tag.
    parts[::2] = [_marked_text(unescape(part), terms) if part else "" for part in parts[::2]]
    return mark_safe("".join(parts))  # noqa: S308 - the tags were safe before, and texts are escaped


def _marked_text(text: str, terms: Sequence[Term]) -> str:
    if not _has_any(text, terms):
        return escape(text)
    pieces = _pieces(text, _places(text, terms), 0, len(text))
    return "".join(f"<mark>{escape(piece.text)}</mark>" if piece.is_hit else escape(piece.text) for piece in pieces)


def _has_any(text: str, terms: Sequence[Term]) -> bool:
    """Return whether a term stands in the text; quicker than `_places` where most texts have none."""
    words = tokens(text)
    return any(
        term.fits(words[at : at + len(term.tokens)]) for term in terms for at in range(len(words) - len(term.tokens) + 1)
    )


def _places(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Return where terms stand, in order; places that touch or overlap are one."""
    words = spans(text)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(place for term in terms for place in term.found_in(words)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _around(text: str, places: list[tuple[int, int]], is_cut_before: bool, is_cut_after: bool) -> list[Piece]:
    first = places[0][0]
    begin = max(0, first - BEFORE)
    ends = [found.end() for found in _END.finditer(text, begin, first)]
    if ends:
        begin = ends[-1]
    elif begin:
        # Not in the middle of a word.
        space = text.find(" ", begin, first)
        begin = space + 1 if space >= 0 else begin
    end = min(len(text), max(begin + LENGTH, places[0][1]))
    lead = Piece("…", is_hit=False) if not ends and (begin or is_cut_before) else None
    trail = Piece("…", is_hit=False) if end < len(text) or is_cut_after else None
    body = [
        Piece(" ".join(piece.text.split()) if piece.is_hit else re.sub(r"\s+", " ", piece.text), piece.is_hit)
        for piece in _pieces(text, places, begin, end)
    ]
    return [Piece(shown(piece.text), piece.is_hit) for piece in [lead, *body, trail] if piece]


def _pieces(text: str, places: list[tuple[int, int]], begin: int, end: int) -> Iterator[Piece]:
    at = begin
    for start, stop in places:
        if start >= end:
            break
        if start < at:
            continue
        if start > at:
            yield Piece(text[at:start], is_hit=False)
        yield Piece(text[start:stop], is_hit=True)
        at = stop
    if at < end:
        yield Piece(text[at:end], is_hit=False)


__all__ = ["Piece", "marked", "sentence"]
