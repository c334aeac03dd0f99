"""Collect the items of one streamed answer from events that report each of them once or several times.

Which event tells of which item: servers change ids between events, number all items 0 or not at all, and tell calls under other
ids at the end. So an item is found by its call id, then its own id, then its place, then as the last of its kind that is not
finished. A call is one by its call id. Two calls that share one (some servers number every call `call_0`) are two only where
both are whole, stand in places of their own, and differ: what was told twice is never done twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from kern.models.openai.items import Item, Kind, Part, as_text, is_same_call, kind_of
from kern.models.openai.json_values import Json, mapping, place, word


class Answer:
    """The items received so far, in the order in which they began."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    def of_kind(self, kind: Kind) -> list[Item]:
        return [item for item in self.items if item.kind == kind]

    def tell(self, told: Any, index: Any = None, *, whole: bool) -> None:
        """Take an item from an event, begun or finished."""
        item = mapping(told)
        kind = kind_of(item)
        if kind is None:
            return
        found = self._told_before(kind, item, place(index), whole)
        if found is None:
            found = Item(kind, index=place(index))
            self.items.append(found)
        found.tell(item, whole=whole)

    def part(self, kind: Kind, event: Json, key: str) -> tuple[Item, Part]:
        """Return the text part that an event is about, and its item."""
        item = self._of_event(kind, event)
        return item, item.part(key)

    def call(self, event: Json) -> Item:
        """Return the function call that an event about arguments belongs to."""
        item = self._of_event("function_call", event)
        item.name = item.name or word(event.get("name"))
        return item

    def end(self, output: Iterable[Any]) -> None:
        """Take the items of the final response; most of them were reported before."""
        told_items = ({"type": "message", "content": told} if isinstance(told, str) else mapping(told) for told in output)
        items = [item for item in told_items if kind_of(item)]
        left, found = list(self.items), dict[int, Item]()
        for finds in (_by_call_id, _by_id, _by_words, None):
            nth: Counter[Kind | None] = Counter()
            for number, item in enumerate(items):
                kind = kind_of(item)
                if number in found:
                    continue
                same_kind = [other for other in left if other.kind == kind]
                known = finds(item, same_kind) if finds is not None else _by_position(item, same_kind, nth[kind])
                if known is None:
                    nth[kind] += 1
                else:
                    found[number] = known
                    left.remove(known)
        position = 0
        for number, item in enumerate(items):
            known = found.get(number) or self._retold(item, number)
            if known is None:
                known = Item(kind_of(item) or "message", index=number)
                self.items.insert(position, known)
            position = self.items.index(known) + 1
            known.tell(item, whole=True)

    def without_ghosts(self) -> list[Item]:
        """Return the items that count, without duplicates and fragments.

        A call that was reported twice counts once. Fragments are calls without a name and text that a finished item contains.
        """
        whole = [item for item in self.items if item.is_whole]
        kept: list[Item] = []
        for item in self.items:
            first = next((other for other in kept if other.call_id and other.call_id == item.call_id), None)
            if first is not None and not (item.is_whole and _differ(first, item.name, item.arguments)):
                first.tellings += item.tellings
            elif item.is_whole or not _is_ghost(item, whole):
                kept.append(item)
        return kept

    def _retold(self, item: Json, index: int | None, *, whole: bool = True) -> Item | None:
        """Return the known call that this item repeats under the same call id."""
        call_id = word(item.get("call_id"))
        same = [call for call in self.of_kind("function_call") if call_id and call.call_id == call_id]
        same.sort(key=lambda call: (word(item.get("id")) in call.ids, index is not None and call.index == index))
        return next((call for call in reversed(same) if not _stands_apart(call, item, index, whole)), None)

    def _told_before(self, kind: Kind, item: Json, index: int | None, whole: bool) -> Item | None:
        """Return the known item that this event repeats."""
        if retold := self._retold(item, index, whole=whole):
            return retold
        given, call_id, name = (word(item.get(key)) for key in ("id", "call_id", "name"))
        known = [other for other in self.of_kind(kind) if not (name and other.name and name != other.name)]
        if whole and (begun := [other for other in known if given in other.ids and not other.is_whole and _fits(other, item)]):
            return begun[-1]
        open_to_it = [other for other in known if not (call_id and other.call_id)]
        if same := [other for other in open_to_it if {given, call_id} & other.ids - {""}]:
            return same[-1]
        unfinished = [other for other in open_to_it if not other.is_whole and (whole or not other.is_told)]
        # Without a place of its own it is the one that has waited longest.
        return next((other for other in unfinished if index is None or other.index in (None, index)), None)

    def _of_event(self, kind: Kind, event: Json) -> Item:
        given, index = word(event.get("item_id")), place(event.get("output_index"))
        ids = {given, word(event.get("call_id"))} - {""}
        known = self.of_kind(kind)
        if same := [item for item in known if ids & (item.ids | {item.call_id})]:
            return same[-1]
        unfinished = [item for item in known if not item.is_whole]
        in_place = [item for item in unfinished if index is None or item.index in (None, index)]
        if kind == "function_call" and not in_place:
            in_place = [item for item in known if index is not None and item.index == index] or unfinished
        if in_place:
            return in_place[-1]
        item = Item(kind, ids={given} - {""}, index=index)
        self.items.append(item)
        return item


def _stands_apart(known: Item, item: Json, index: int | None, whole: bool) -> bool:
    """Return whether this is another call than the known one of the same call id.

    It is when its place, its item id or its arguments differ. While a call is not finished, its arguments are unknown; it is
    kept apart until the end (`without_ghosts` decides then).
    """
    given = word(item.get("id"))
    if known.index is None or index is None or known.index == index or (given and given in known.ids):
        return False
    if not whole:
        return True
    return known.is_whole and _differ(known, word(item.get("name")), as_text(item.get("arguments") or {}))


def _fits(begun: Item, item: Json) -> bool:
    """Return whether this item may be the end of the call begun under the same id, although its call id differs."""
    return is_same_call(begun.arguments, as_text(item.get("arguments") or {}))


def _differ(known: Item, name: str, arguments: str) -> bool:
    return (bool(name) and name != known.name) or not is_same_call(known.arguments, arguments)


def _is_ghost(item: Item, whole: list[Item]) -> bool:
    """Return whether an unfinished item is a fragment: a call without a name, or a repetition of a finished item."""
    alike = [other for other in whole if other.kind == item.kind]
    if item.kind == "message":
        return any(item.text.strip() in other.text for other in alike)
    if item.kind == "function_call":
        return not item.name or any(other.name == item.name and _fits(item, {"arguments": other.arguments}) for other in alike)
    return False


def _by_call_id(item: Json, known: list[Item]) -> Item | None:
    call_id = word(item.get("call_id"))
    same = [candidate for candidate in known if call_id and candidate.call_id == call_id]
    alike = [candidate for candidate in same if is_same_call(candidate.arguments, as_text(item.get("arguments") or {}))]
    return next(iter(alike or same), None)


def _by_id(item: Json, known: list[Item]) -> Item | None:
    given = word(item.get("id"))
    return next((candidate for candidate in known if given and given in candidate.ids), None)


def _by_words(item: Json, known: list[Item]) -> Item | None:
    """Find an item with the same text, or a call with the same name and arguments."""
    told = Item(kind_of(item) or "message")
    told.tell(item, whole=True)
    for candidate in known:
        if told.kind == "function_call":
            if candidate.name == told.name and candidate.arguments == told.arguments:
                return candidate
        elif told.text.strip() and candidate.text.strip() == told.text.strip():
            return candidate
    return None


def _by_position(item: Json, known: list[Item], nth: int) -> Item | None:
    """Find the nth item of its kind, unless it is a call of another tool."""
    name = word(item.get("name"))
    found = known[nth] if nth < len(known) else None
    return None if found is not None and name and found.name and name != found.name else found
