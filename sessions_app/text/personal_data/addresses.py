"""Mail addresses, also those with `(at)` for the sign."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]
#: A character of an address.
_CHAR = r"[^\s@<>()\[\]{},;:\"“”„«»|]"
_AT = r"(?:@| ?[(\[] ?at ?[)\]] ?)"
_DOMAIN = r"(?:[\w-]{1,63}\.){1,8}[^\W\d_][\w-]{0,61}\w"
_EMAIL = re.compile(rf"(?<!{_CHAR}){_CHAR}{{1,64}}{_AT}{_DOMAIN}", re.IGNORECASE)


def emails(text: str) -> Iterator[Span]:
    """Yield where mail addresses stand, in any script."""
    return (found.span() for found in _EMAIL.finditer(text))
