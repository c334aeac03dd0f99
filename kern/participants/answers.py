"""The answers that `continue_run` takes: requirements, or the JSON that `Requirement.to_dict` makes of them (rule L21)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kern.errors import WrongTypeError
from kern.records.requirement import Requirement

Answers = Sequence[Requirement | Mapping[str, Any]]


def requirements_of(given: Answers | None) -> list[Requirement]:
    """Return the answers as requirements. Raises `WrongTypeError`, `InvalidAnswerError`."""
    if given is None:
        return []
    if isinstance(given, str | bytes | Mapping | Requirement) or not isinstance(given, Sequence):
        raise WrongTypeError(f"requirements is a list, such as run.requirements, not {type(given).__name__}")
    return [item if isinstance(item, Requirement) else Requirement.from_dict(item) for item in given]
