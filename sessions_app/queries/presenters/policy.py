"""Policies of tools in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kern.records.policy import Policy, Threshold
from sessions_app.queries.presenters.badge import Badge
from sessions_app.queries.presenters.requirement import RISKS
from sessions_app.queries.tool_policies import ToolRow

LOW = Badge(gettext_lazy("Low risk"))
#: The comparisons of thresholds, in words.
COMPARISONS = {
    ">": gettext_lazy("is more than"),
    ">=": gettext_lazy("is at least"),
    "<": gettext_lazy("is less than"),
    "<=": gettext_lazy("is at most"),
    "==": gettext_lazy("is"),
    "!=": gettext_lazy("is not"),
}
_ONE_ANSWERS = {
    "external_execution": gettext_lazy("1, runs it and pastes the result"),
    "user_feedback": gettext_lazy("1, chooses"),
    "user_input": gettext_lazy("1, fills in"),
}


@dataclass(frozen=True)
class ToolLine:
    """A tool and its policy in a queue as a line of the table."""

    row: ToolRow

    @property
    def risk(self) -> Badge:
        return RISKS.get(self.row.in_force.risk, LOW)

    @property
    def deciders(self) -> str:
        """The people who may decide; empty where the tool asks none."""
        return roles_in_words(self.row.in_force) if self.row.kind else ""

    @property
    def approvers(self) -> str:
        """The number of people it takes, and when it takes more."""
        if self.row.kind is None:
            return _("Not asked")
        if self.row.kind in _ONE_ANSWERS:
            return str(_ONE_ANSWERS[self.row.kind])
        return approvers_in_words(self.row.in_force)

    @property
    def expires_after(self) -> float | None:
        """Seconds until a decision expires."""
        return self.row.in_force.expires_after if self.row.kind else None


def roles_in_words(policy: Policy) -> str:
    """Return the groups of which a decider needs one."""
    return ", ".join(policy.roles) or _("Anyone of the queue")


def approvers_in_words(policy: Policy) -> str:
    """Return the number of approvals, and what raises it."""
    raising = [item for item in policy.thresholds if item.approvers > policy.approvers]
    if not raising:
        return str(policy.approvers)
    if len(raising) == 1:
        return _("1, or 2 if %(condition)s") % {"condition": condition_in_words(raising[0])}
    text = ngettext("1, or 2 by %(count)d condition", "1, or 2 by %(count)d conditions", len(raising))
    return text % {"count": len(raising)}


def condition_in_words(threshold: Threshold) -> str:
    """Return a condition as a sentence: `amount is more than 400`."""
    return f"{'.'.join(threshold.path)} {COMPARISONS[threshold.operator]} {threshold.value}"


def conditions_in_words(thresholds: Sequence[Threshold]) -> list[tuple[str, str]]:
    """Return each condition with what it makes of a call."""
    two, high = _("two people"), _("high risk")
    return [(condition_in_words(item), two if item.approvers > 1 else high) for item in thresholds]
