"""Policies of tools: risk, deciders, number of approvals, and expiry."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal, get_args

Risk = Literal["low", "medium", "high"]
RISKS: tuple[Risk, ...] = get_args(Risk)
#: Characters of a threshold's condition: a path, a comparison and a value.
LONGEST_CONDITION = 300
_CONDITION = re.compile(r"\s*([\w.]+)\s*(>=|<=|==|!=|>|<)\s*(.+?)\s*")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A condition on the arguments (`"amount > 500"`, `"to == cash"`) above which more care is needed.

    The condition names one argument (a path with dots for nested ones; through a list it means any item, or with a number that
    one), a comparison, and a number or a word.
    Raises `ValueError` for a condition that is none.
    """

    condition: str
    approvers: int = 2
    risk: Risk = "high"

    def __post_init__(self) -> None:
        if len(self.condition) > LONGEST_CONDITION or not _CONDITION.fullmatch(self.condition):
            raise ValueError(f"a threshold is written like 'amount > 500', not {self.condition!r:.200}")

    def holds_for(self, arguments: dict[str, Any]) -> bool:
        """Return whether the arguments pass the threshold.

        A missing argument does not; one of another type than number does, because a threshold asks for care. Of a list, one
        value that passes is enough.
        """
        _path, operator, wanted = self._parts
        values = _values_at(arguments, self.path)
        return any(_compare(value, operator, wanted) for value in values if value is not None)

    @property
    def path(self) -> tuple[str, ...]:
        """The names that lead to the argument."""
        return tuple(self._parts[0].split("."))

    @property
    def operator(self) -> str:
        """The comparison, as it is written: `>`, `<`, `>=`, `<=`, `==` or `!=`."""
        return self._parts[1]

    @property
    def value(self) -> str:
        """The number or word that the argument is compared with, as it is written."""
        return self._parts[2]

    @property
    def _parts(self) -> tuple[str, ...]:
        found = _CONDITION.fullmatch(self.condition)
        assert found is not None  # __post_init__ has looked
        return found.groups()


def _values_at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Yield the values at the path. A value in the middle of the path counts, too: it can't be measured."""
    if isinstance(value, list):
        if path and path[0].isdecimal():
            yield from (item for part in value[int(path[0]) :][:1] for item in _values_at(part, path[1:]))
        else:
            yield from (item for part in value for item in _values_at(part, path))
    elif path and isinstance(value, dict):
        yield from _values_at(value[path[0]], path[1:]) if path[0] in value else ()
    else:
        yield value


def _compare(value: Any, operator: str, wanted: str) -> bool:
    if operator in ("==", "!="):
        return _is(value, wanted) == (operator == "==")
    left, right = _number(value), _number(wanted)
    if left is None or right is None:
        return True
    return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}[operator]


def _is(value: Any, wanted: str) -> bool:
    word = wanted.strip("'\"")
    if isinstance(value, bool):
        # As JSON writes it, as Python does, as people do.
        return word.lower() == str(value).lower()
    return _number(value) == _number(wanted) if _number(value) is not None else str(value) == word


def _number(value: Any) -> float | None:
    """Return the value as a number; a whole one stays exact for any size. `None` for anything else, NaN included."""
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if math.isnan(number) else number


@dataclass(frozen=True, slots=True)
class ApprovalLevel:
    """The needs of one call: its risk and the number of different people who must agree."""

    risk: Risk
    approvers: int


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of one tool. It lives with the tool and can only be tightened from outside.

    `expires_after` and `remind_before` are seconds (`None`: never, and as the storage sees fit); `approvers` is 1 or 2
    different people; `roles` are the roles of which a decider needs one (none: everybody who works the queue). Raises
    `ValueError` for values outside of that.
    """

    risk: Risk = "medium"
    expires_after: float | None = None
    remind_before: float | None = None
    approvers: int = 1
    roles: tuple[str, ...] = ()
    thresholds: tuple[Threshold, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.risk not in RISKS:
            raise ValueError(f"a risk is {', '.join(RISKS)}, not {self.risk!r}")
        if self.approvers not in (1, 2) or any(item.approvers not in (1, 2) for item in self.thresholds):
            raise ValueError("one or two people approve, no other number")
        if self.expires_after is not None and self.expires_after <= 0:
            raise ValueError("expires_after is a number of seconds above 0")

    def demand(self, arguments: dict[str, Any], schema: dict[str, Any] | None = None) -> ApprovalLevel:
        """Return the needs of a call with these arguments: the strictest of the policy and its thresholds that hold.

        With the tool's `schema`, an argument that is left out counts as its default.
        """
        given = _with_defaults(arguments, schema or {})
        passed = [item for item in self.thresholds if item.holds_for(given)]
        risk = max([self.risk, *(item.risk for item in passed)], key=RISKS.index)
        return ApprovalLevel(risk, max([self.approvers, *(item.approvers for item in passed)]))

    def tightened(self, other: Policy) -> Policy:
        """Both policies at once: of each point the stricter one. Roles of both are needed: those in common, where both name
        some."""
        times = [time for time in (self.expires_after, other.expires_after) if time is not None]
        roles = (
            tuple(role for role in self.roles if role in other.roles)
            if self.roles and other.roles
            else self.roles or other.roles
        )
        return replace(
            self,
            risk=max(self.risk, other.risk, key=RISKS.index),
            expires_after=min(times) if times else None,
            remind_before=other.remind_before if other.remind_before is not None else self.remind_before,
            approvers=max(self.approvers, other.approvers),
            roles=roles or (("nobody",) if self.roles and other.roles else ()),
            thresholds=(*self.thresholds, *(item for item in other.thresholds if item not in self.thresholds)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {**asdict(self), "roles": list(self.roles), "thresholds": [asdict(item) for item in self.thresholds]}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Policy:
        """Build it from `to_dict`; unknown keys are ignored. Raises `ValueError` for wrong values."""
        known = {key: data[key] for key in cls.__dataclass_fields__ if key in data}
        known["roles"] = tuple(known.get("roles") or ())
        known["thresholds"] = tuple(Threshold(**item) for item in known.get("thresholds") or ())
        return cls(**known)


def _with_defaults(arguments: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments as the tool will get them, inside of objects too."""
    filled = dict(arguments)
    for name, part in schema.get("properties", {}).items():
        if name not in filled and "default" in part:
            filled[name] = part["default"]
        if isinstance(filled.get(name), dict):
            filled[name] = _with_defaults(filled[name], part)
    return filled


def policy_of(
    risk: Risk,
    expires_after: float | timedelta | None,
    remind_before: float | timedelta | None,
    approvers: int,
    roles: Sequence[str],
    thresholds: Sequence[str | Threshold],
) -> Policy:
    """A policy from the short forms that tools take: times as `timedelta` or seconds, and conditions that each ask for two
    people and count as high risk. Raises `ValueError` for what is no policy.
    """
    conditions = _listed("thresholds", thresholds)
    return Policy(
        risk=risk,
        expires_after=_seconds(expires_after),
        remind_before=_seconds(remind_before),
        approvers=approvers,
        roles=_listed("roles", roles),
        thresholds=tuple(item if isinstance(item, Threshold) else Threshold(item) for item in conditions),
    )


def _seconds(time: float | timedelta | None) -> float | None:
    return time.total_seconds() if isinstance(time, timedelta) else time


def _listed(what: str, items: Sequence[Any]) -> tuple[Any, ...]:
    """Return the items. Raises `ValueError` for a string, which would be taken for a list of its letters."""
    if isinstance(items, str):
        raise ValueError(f"{what} is a list: [{items!r}]")
    return tuple(items)
