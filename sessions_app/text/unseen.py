"""Show invisible characters that change the reading by their code points: `ACME ‹U+202E›000,1‹U+202C› Ltd`.

A bidi control turns around the text after it, a tag or a zero-width character hides words or makes two names look alike. A
person who decides about a refund must read what the tool will get. So they are marked in their places, by `shown` in texts and
by the middleware `kern_inbox.web.unseen` in every page; the API, the export of customers and the database keep the text as it
is.

Characters that writing needs stay: joiners in Persian, Indic scripts and emoji, the tags of flags, one variation selector after
a character, and the marks that keyboards put into Hebrew and Arabic.
"""

from __future__ import annotations

import re

_VARIATIONS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_JOINERS = "\u200c\u200d"
#: Left-to-right, right-to-left and Arabic letter mark.
_MARKS = "\u200e\u200f\u061c"
_NEVER = (
    # Controls, but for tab and line ends; soft hyphen; grapheme joiner; fillers of Hangul and Khmer; a blank of Braille.
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800"
    # Mongolian vowel separator, zero-width space, embeddings and overrides, invisible operators and isolates.
    "\u180e\u200b\u2028-\u202e\u2060-\u206f"
    # Byte order mark, interlinear annotation, musical controls, tags.
    "\ufeff\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
_JOINED = (
    "\u0590-\u115e\u1161-\u1fff\u2190-\u27ff\u2801-\u2bff\u2e80-\u3163\u3165-\ufdff\ufe0f\ufe70-\ufefe\U00010000-\U0001faff"
)
_UNSEEN = re.compile(
    # A flag of a part of a country: a black flag, the letters of its code as tags, and the end.
    "(?P<flag>\U0001f3f4[\U000e0030-\U000e007a]{2,8}\U000e007f)"
    f"|(?P<joiner>(?<=[{_JOINED}])[{_JOINERS}](?![{_NEVER}{_JOINERS}{_VARIATIONS}]))"
    f"|(?P<variation>(?<=[^\\sA-Za-z{_NEVER}{_JOINERS}{_VARIATIONS}{_MARKS}])[{_VARIATIONS}])"
    f"|(?P<unseen>[{_NEVER}{_JOINERS}{_VARIATIONS}{_MARKS}]+)"
)
_ANY = re.compile(f"[{_NEVER}{_JOINERS}{_VARIATIONS}{_MARKS}]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
#: The largest distance of a useful mark from a letter of such a script.
_NEAR = 30
#: So many in a row are shown one by one.
_MOST = 4
_SHOWN = re.compile("‹U\\+([0-9A-F]{4,6})›")


def shown(text: str) -> str:
    """Return the text with every invisible character marked in its place: `‹U+202E›`, or their number where there are many."""
    return _UNSEEN.sub(_marked, text) if _ANY.search(text) else text


def editable(text: str) -> str:
    """Mark invisible characters in editable text: each one for itself, so that `as_it_was` restores all."""
    return _UNSEEN.sub(lambda found: _marked(found, each=True), text) if _ANY.search(text) else text


def as_it_was(text: str) -> str:
    """Turn the marks of `editable` back into their characters."""
    return _SHOWN.sub(_unmarked, text) if "‹U+" in text else text


def _marked(found: re.Match[str], *, each: bool = False) -> str:
    run = found[0]
    if found.lastgroup != "unseen":
        return run
    if set(run) <= set(_MARKS):
        near = found.string[max(0, found.start() - _NEAR) : found.end() + _NEAR]
        return run if _RIGHT_TO_LEFT.search(near) else _names(run, each)
    return _names(run, each)


def _names(run: str, each: bool) -> str:
    if len(run) > _MOST and not each:
        return f"‹{len(run)} unseen characters, first U+{ord(run[0]):04X}›"
    return "".join(f"‹U+{ord(character):04X}›" for character in run)


def _unmarked(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16)) if int(found[1], 16) < 0x110000 else ""
    return character if character and _ANY.fullmatch(character) else found[0]
