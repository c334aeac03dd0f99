"""Ways to spoil a stream of events, as data: the garbage server draws them from a seed, the property tests from hypothesis."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

#: Values that stand where others belong.
WRONG: tuple[Any, ...] = (None, "", 0, -1, 3.5, True, [], {}, "null", "None", [None], {"text": None}, [[]], "\ud800", "x" * 70)
KINDS = ("drop", "repeat", "swap", "field", "lose", "insert", "cut", "retype")
#: Events that nobody asked for.
STRANGERS: tuple[Json, ...] = (
    {"type": "ping"},
    {"type": "keepalive", "sequence_number": 7},
    {"type": "response.unheard_of", "delta": "not for you", "text": None, "item": None},
    {"type": None},
    {},
    {"type": "response.output_text.delta"},
    {"type": "response.output_item.done"},
    {"type": "response.output_item.added", "item": {"type": "function_call", "call_id": None, "name": None}},
    {"type": "response.function_call_arguments.delta", "item_id": "nobody", "delta": None},
    {"type": "response.in_progress", "response": None},
)


@dataclass(frozen=True)
class Mutation:
    """One spoiling: `kind` of `KINDS`, the event `at` (modulo the count), the place `deep` in it, and a `value` (an index)."""

    kind: str
    at: int = 0
    deep: int = 0
    value: int = 0


def spoiled(events: Sequence[Json], mutations: Sequence[Mutation]) -> list[Json]:
    """The events after each mutation in turn; the given ones stay as they are."""
    result = copy.deepcopy(list(events))
    for mutation in mutations:
        if result:
            _spoil(result, mutation)
    return result


def _spoil(events: list[Json], mutation: Mutation) -> None:
    at = mutation.at % len(events)
    match mutation.kind:
        case "drop":
            del events[at]
        case "repeat":
            events.insert(at, copy.deepcopy(events[at]))
        case "swap":
            other = mutation.value % len(events)
            events[at], events[other] = events[other], events[at]
        case "insert":
            events.insert(at, copy.deepcopy(STRANGERS[mutation.value % len(STRANGERS)]))
        case "cut":
            del events[at:]
        case "retype":
            events[at]["type"] = events[mutation.value % len(events)].get("type")
        case "field" | "lose":
            places = _places(events[at])
            if places:
                holder, key = places[mutation.deep % len(places)]
                if mutation.kind == "lose":
                    del holder[key]
                else:
                    holder[key] = copy.deepcopy(WRONG[mutation.value % len(WRONG)])


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in the value, as its holder and key, from the outside in."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in _places(value[key])]


def as_bytes(events: Sequence[Json], *, line_end: str = "\n", has_names: bool = True, ending: str = "") -> bytes:
    """The events as the body of a stream."""
    lines = []
    for event in events:
        if has_names:
            lines.append(f"event: {event.get('type')}")
        lines += [f"data: {json.dumps(event)}", ""]
    return (line_end.join([*lines, ""]) + ending).encode("utf-8", "surrogatepass")
