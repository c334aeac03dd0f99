"""Type check of a desk when it is read, so that a wrong type is not first found in use."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

WORDS = {str: "text", int: "a whole number", Callable: "a function", type(None): "None"}
SEVERAL = (list, tuple, set, frozenset)


def mistaken(value: Any, kind: Any, where: str = "") -> Iterator[str]:
    """Yield a sentence for each value in `value` and its parts whose type differs from its class's annotation."""
    if get_origin(kind) in SEVERAL:
        yield from _mistaken_list(value, get_args(kind)[0], where)
    elif not isinstance(value, _classes(kind)):
        yield f"{where} must be {_wanted(kind)}, not {_shown(value)}."
    elif is_dataclass(kind):
        hints = get_type_hints(kind)
        for part in fields(kind):
            yield from mistaken(getattr(value, part.name), hints[part.name], f"{where}.{part.name}".lstrip("."))


def _mistaken_list(value: Any, kind: Any, where: str) -> Iterator[str]:
    if not isinstance(value, SEVERAL):
        yield f"{where} must be a list, not {_shown(value)}."
        return
    for number, item in enumerate(value):
        yield from mistaken(item, kind, f"{where}[{number}]")


def _classes(kind: Any) -> tuple[type, ...]:
    """Return the classes of a kind, without what stands in brackets behind them."""
    kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    return tuple(get_origin(one) or one for one in kinds)


def _wanted(kind: Any) -> str:
    if isinstance(kind, UnionType):
        return " or ".join(_wanted(one) for one in get_args(kind))
    return WORDS.get(get_origin(kind) or kind) or named(kind)


def _shown(value: Any) -> str:
    # The `repr` of other objects may have any length.
    return reprlib.repr(value) if value is None or isinstance(value, str | int | float) else named(type(value))


def named(kind: type) -> str:
    """Return a class as a word with its article."""
    return f"{'an' if kind.__name__[0] in 'AEIOUaeiou' else 'a'} {kind.__name__}"
