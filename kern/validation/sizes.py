"""Size limits of a turn's texts. Outputs of tools are cut; an answer that exceeds its limit is an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

#: Most bytes that a row keeps of what came of one call.
MAX_RESULT_BYTES = 1_048_576
#: Most characters of one answer: its words and its calls' arguments. Four times what a customer can write.
MAX_ANSWER_CHARS = 400_000
#: Most bytes that are kept of what a model thought before one answer.
MAX_REASONING_BYTES = 262_144
#: Most bytes of one response of a model's server, as they come over the network: events are many times what they tell.
MAX_RESPONSE_BYTES = 64 * 1_048_576
#: Of a provider's own items of one answer: more characters than that are not kept.
MAX_PROVIDER_CHARS = 4 * 1_048_576
#: Most characters of a model's name that a server tells.
LONGEST_MODEL = 100
#: So deep may lists and objects of arguments be nested: more than any tool asks for, and less than breaks what reads them.
DEEPEST = 100
_NOTE = "\n[… cut: {kept:,} of {all:,} bytes are kept …]"


def kept(text: str, most: int = MAX_RESULT_BYTES) -> str:
    """Cut the text to so many bytes of UTF-8, with a note at its end that gives the length of the rest."""
    if len(text) * 4 <= most:
        return text
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= most:
        return text
    room = most - len(_NOTE.format(kept=len(encoded), all=len(encoded)).encode())
    beginning = encoded[:room].decode("utf-8", "ignore")
    return beginning + _NOTE.format(kept=len(beginning.encode()), all=len(encoded))


def bounded(items: Iterable[Any], most: int = MAX_RESULT_BYTES) -> Iterator[Any]:
    """Run a generator to its end and return its first items, until the limit of their text is reached."""
    room = most
    for item in items:
        if room >= 0:
            # Every item takes at least its comma.
            room -= 1 + (len(item) if isinstance(item, str | bytes) else 0)
            yield item


def size_of(value: Any) -> int:
    """Return the approximate number of characters of a JSON value."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(key) + size_of(item) for key, item in value.items())
    return sum(map(size_of, value)) if isinstance(value, list) else 8


def is_too_deep(value: Any) -> bool:
    """Return whether lists and objects are nested deeper than `DEEPEST`."""
    level = [value]
    for _ in range(DEEPEST + 1):
        # Each part once, so that a list which holds itself has an end, too.
        parts = {id(part): part for part in level if isinstance(part, dict | list)}.values()
        level = [inner for part in parts for inner in (part.values() if isinstance(part, dict) else part)]
    return bool(level)
