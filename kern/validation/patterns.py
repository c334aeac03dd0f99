"""Match untrusted regular expressions in linear time (by RE2), so that none can stop a process.

Constructs that RE2 cannot match in linear time are refused by `compiled`, and its error names them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Protocol, cast

import re2

#: Longest pattern (characters). What is compiled takes memory, however short the text is.
LONGEST_PATTERN = 1_000
MAX_COMPILED_BYTES = 1_048_576
_NOT_POSSIBLE = (
    (re.compile(r"\(\?<?[=!]"), "looking ahead or behind, like (?=…) or (?<!…)"),
    (re.compile(r"\(\?P=|\\[1-9]|\\g"), "repeating what a group matched, like \\1"),
    (re.compile(r"\(\?>|[*+?}]\+"), "atomic groups and possessive repetitions, like (?>…) or a++"),
    (re.compile(r"\(\?\("), "conditions, like (?(1)…)"),
)
#: RE2 takes a repetition of more digits than its numbers have for plain text; 1,000 is the most that it repeats.
_ENDLESS = re.compile(r"(?<!\\)\{\d{5,}(?:,\d*)?\}|(?<!\\)\{\d*,\d{5,}\}")
#: RE2 knows letters and digits of ASCII alone by these names.
_CLASSES = {"w": r"\pL\pN_", "d": r"\p{Nd}"}
_NEGATED = {"W": r"[^\pL\pN_]", "D": r"\P{Nd}"}


class PatternError(ValueError):
    """The text is no regular expression that can be matched in linear time; the error says why."""


class Pattern(Protocol):
    """A compiled pattern."""

    def fullmatch(self, text: str) -> object | None: ...

    def search(self, text: str) -> object | None: ...


@lru_cache(maxsize=256)
def compiled(written: str) -> Pattern:
    """Compile the pattern. Raises `PatternError`."""
    if len(written) > LONGEST_PATTERN:
        raise PatternError(f"it is longer than {LONGEST_PATTERN} characters")
    endless = _ENDLESS.search(re.sub(r"\\\\", "", written))
    if endless is not None:
        raise PatternError(f"invalid repetition size: {endless[0]}")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_COMPILED_BYTES
    try:
        return cast(Pattern, re2.compile(_translated(written), options))
    except re2.error as error:
        raise PatternError(_reason(written, error)) from error
    except UnicodeError as error:
        raise PatternError("it has characters that are none") from error


def fits(written: str, text: str) -> bool:
    """Return whether all of the text fits the pattern; nothing fits an invalid one."""
    try:
        return compiled(written).fullmatch(text) is not None
    except (PatternError, UnicodeError):
        return False


def found_in(written: str, text: str) -> bool:
    """Return whether the pattern of a tool's schema matches somewhere in the text.

    A schema is its author's program, so Python matches a pattern that RE2 refuses, in a text of harmless length.
    """
    try:
        return compiled(written).search(text) is not None
    except PatternError:
        return re.search(written, text[:LONGEST_PATTERN]) is not None
    except UnicodeError:
        return False


def _reason(written: str, error: re2.error) -> str:
    bare = re.sub(r"\\\\", "", written)
    found = next((what for feature, what in _NOT_POSSIBLE if feature.search(bare)), None)
    if found is not None:
        return f"{found}, is not possible here"
    told = error.args[0] if error.args else ""
    return told.decode(errors="replace") if isinstance(told, bytes) else str(told)


def _translated(written: str) -> str:
    r"""The pattern in RE2's words, so that `\w`, `\d` and `{,3}` mean what they mean in Python."""
    parts: list[str] = []
    in_class = False
    rest = iter(written)
    for char in rest:
        if char == "\\":
            escaped = next(rest, "")
            if escaped in _CLASSES:
                char = _CLASSES[escaped] if in_class else f"[{_CLASSES[escaped]}]"
            elif escaped in _NEGATED and not in_class:
                char = _NEGATED[escaped]
            else:
                char = r"\z" if escaped == "Z" else f"\\{escaped}"
        elif char == "[" and not in_class:
            in_class = True
        elif char == "]" and parts[-1] not in ("[", "^"):
            in_class = False
        parts.append(char)
    return "".join(parts) if "{," not in written else "".join(parts).replace("{,", "{0,")
