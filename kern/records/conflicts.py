"""Check answers before they are stored: against each other, the stored one, and the requirement (rules L7, L8)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from kern.errors import AlreadyAnsweredError, InvalidAnswerError
from kern.records.requirement import Requirement
from kern.validation.json_values import storable_json

#: Statuses of an approved call after its execution: the answer was the same.
_WENT_ON = frozenset({"approved", "answered", "executed", "failed"})


def must_agree(stored: Iterable[Requirement], given: Iterable[Requirement]) -> None:
    """Raise `AlreadyAnsweredError` when a given answer differs from the stored one."""
    standing = {item.requirement_id: item for item in stored if item.status != "pending"}
    for answer in given:
        current = standing.get(answer.requirement_id)
        if current is not None and answer.is_resolved and _said(answer) != _said(current):
            name = f"{current.tool_name} ({current.kind}, {current.requirement_id})"
            raise AlreadyAnsweredError(f"another person has answered {name}: it is {current.status}", current)


def must_not_contradict(given: Iterable[Requirement]) -> None:
    """Raise `InvalidAnswerError` when two answers to one requirement differ: neither may win by chance."""
    said: dict[str, tuple[str, ...]] = {}
    for answer in given:
        if answer.is_resolved and said.setdefault(answer.requirement_id, _said(answer)) != _said(answer):
            raise InvalidAnswerError(
                f"{answer.tool_name} ({answer.requirement_id}) is answered twice, in two ways; give one answer"
            )


def must_accept(asked: Requirement, answer: Requirement) -> None:
    """Raise `InvalidAnswerError` unless the answer fits the requirement, is in time, and the policy allows it.

    For storages, about to store it: an answer may come from anywhere, so it is taken for no more than a wish.
    """
    if answer.status == "expired":
        return
    asked.must_be_in_time()
    _must_fit(asked, answer)
    arguments = asked.arguments if answer.edited_arguments is None else answer.edited_arguments
    needed = asked.policy.demand(arguments, asked.schema).approvers
    if answer.status == "approved" and needed > 1 and len(set(answer.approved_by)) < needed:
        raise InvalidAnswerError(f"{needed} different people must approve {asked.tool_name}: confirm(by=…) for each")


def _must_fit(asked: Requirement, answer: Requirement) -> None:
    """Raise `InvalidAnswerError` unless the methods of `Requirement` could have made `answer` from the requirement.

    It may come as JSON from anywhere, so the kind, schema, fields and options that count are those of `asked` (rule L8).
    """
    again = replace(asked, status="pending", fields=[replace(item) for item in asked.fields], expires_at=None)
    if answer.edited_arguments is not None:
        again.edit(answer.edited_arguments)
    if answer.status == "approved" and asked.kind != "confirmation" and asked.reason != "uncertain":
        raise InvalidAnswerError(f"this requirement is a {asked.kind}, not a confirmation")
    if answer.status == "answered":
        _answer(again, answer.answer)
    elif answer.status not in ("approved", "rejected"):
        raise InvalidAnswerError(f"{asked.tool_name} waits for an answer, and {answer.status!r} is none")


def _answer(again: Requirement, given: Any) -> None:
    """Give the answer to an unanswered copy."""
    asked_for = {item.name for item in again.fields}
    if isinstance(given, dict) and list(given) == ["response"] and "response" not in asked_for:
        again.respond(given["response"] if isinstance(given["response"], str) else "")
    elif again.kind == "user_input":
        again.provide_user_input(given)
    elif again.kind == "user_feedback":
        again.provide_user_feedback(given)
    elif again.kind == "external_execution" and isinstance(given, str):
        again.set_external_execution_result(given)
    else:
        raise InvalidAnswerError(f"{given!r:.80} is no answer to a {again.kind} requirement")


def _said(item: Requirement) -> tuple[str, ...]:
    verdict = "went on" if item.status in _WENT_ON else item.status
    return verdict, _stored(item.note), _stored(item.edited_arguments), _stored(item.answer)


def _stored(value: Any) -> str:
    """Return the value as a database returns it: dates and the like as text, keys in one order."""
    return json.dumps(storable_json(value), sort_keys=True, ensure_ascii=False)
