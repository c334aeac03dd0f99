"""Answers for questions that have one already: nothing a person said is silently dropped (rule L7)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from kern.errors import AlreadyAnsweredError
from kern.message import storable
from kern.requirement import Requirement

#: What becomes of a call once somebody let it go on: however it went, the answer was the same.
_WENT_ON = frozenset({"approved", "answered", "executed", "failed"})


def must_agree(stored: Iterable[Requirement], given: Iterable[Requirement]) -> None:
    """Raise `AlreadyAnsweredError` when a given answer says something else than the one that stands."""
    standing = {item.requirement_id: item for item in stored if item.status != "pending"}
    for answer in given:
        current = standing.get(answer.requirement_id)
        if current is not None and answer.is_resolved and _said(answer) != _said(current):
            name = f"{current.tool_name} ({current.kind}, {current.requirement_id})"
            raise AlreadyAnsweredError(f"somebody else has answered {name}: it is {current.status}", current)


def _said(item: Requirement) -> tuple[str, ...]:
    verdict = "went on" if item.status in _WENT_ON else item.status
    return verdict, _stored(item.note), _stored(item.edited_arguments), _stored(item.answer)


def _stored(value: Any) -> str:
    """The value as a database gives it back: dates and the like as text, keys in one order."""
    return storable(json.dumps(value, default=str, sort_keys=True, ensure_ascii=False).replace("\\u0000", "\x00"))
