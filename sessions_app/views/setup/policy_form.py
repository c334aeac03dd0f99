"""The form of a queue's policy for one tool: who decides, how many, how long, and conditions as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kern.records.policy import LONGEST_CONDITION, RISKS, Policy, Risk, Threshold
from sessions_app.actions.tool_policies import values_of
from sessions_app.desk import policy_checks
from sessions_app.models.choices import choices_of
from sessions_app.queries.presenters.policy import COMPARISONS
from sessions_app.queries.tool_policies import ToolRow
from sessions_app.templatetags.durations import length

#: Times (seconds) that can be chosen.
TIMES = (300, 900, 1800, 2700, 3600, 7200, 10_800, 14_400, 28_800, 86_400, 172_800, 604_800)
MOST_CONDITIONS = 20
NO_TIME = gettext_lazy("Choose one of these times. A longer one than the tool’s own has no effect.")
NO_EFFECT = gettext_lazy("Choose one of these: less strict than the tool itself has no effect.")


@dataclass(frozen=True)
class ConditionRow:
    """One condition as it is typed, with its error."""

    argument: str = ""
    comparison: str = ">"
    value: str = ""
    error: str = ""

    @property
    def text(self) -> str:
        """The condition as a policy has it."""
        return f"{self.argument} {self.comparison} {self.value}"


class PolicyForm(forms.Form):
    """A queue's policy for a tool. The conditions come as columns of equal length: `argument`, `comparison`, `value`."""

    risk = forms.ChoiceField(required=False, error_messages={"invalid_choice": NO_EFFECT})
    approvers = forms.TypedChoiceField(coerce=int, error_messages={"invalid_choice": NO_EFFECT})
    expires_after = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, error_messages={"invalid_choice": NO_TIME}
    )
    roles = forms.MultipleChoiceField(required=False)

    def __init__(self, row: ToolRow, data: Any = None) -> None:
        self.row = row
        self.stored = values_of(row.policy)
        super().__init__(data, initial=self.stored)
        self.own = row.own
        self.choices = self._choices()
        for name, choices in self.choices.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        self.arguments = list(policy_checks.argument_schemas(row.name))
        self.rows = self._typed() if data is not None else [_read(text) for text in self.stored["thresholds"]]

    @property
    def groups(self) -> list[tuple[str, bool]]:
        """The groups of people, each with whether it is chosen."""
        chosen = self["roles"].value() or []
        return [(str(name), name in chosen) for name, _label in self.choices["roles"]]

    @property
    def asks_for_two(self) -> bool:
        """True if two people can be asked for: one answer is enough where nothing runs that two could approve."""
        return self.row.kind not in policy_checks.ONE_ANSWERS

    def change_rows(self, drop: str, *, add: bool) -> None:
        """Take out the row of this number, or add an empty one."""
        self.rows = [row for number, row in enumerate(self.rows, 1) if str(number) != drop]
        if add and len(self.rows) < MOST_CONDITIONS:
            self.rows.append(self._new_row())

    def clean_roles(self) -> list[str]:
        """Groups that there are, with at least one that the tool itself allows."""
        roles: list[str] = self.cleaned_data["roles"]
        policy_checks.check_roles(roles)
        if roles and self.own.roles and not set(roles) & set(self.own.roles):
            known = ", ".join(self.own.roles)
            raise ValidationError(_("The tool itself allows %(known)s alone, so nobody could decide.") % {"known": known})
        return roles

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        self.rows = list(self._checked())
        if any(row.error for row in self.rows):
            self.add_error(None, _("A condition has a mistake: see its row."))
        said["thresholds"] = [row.text for row in self.rows if row.value]
        try:
            policy_checks.check_approvers(self.row.name, said.get("approvers", 1), said["thresholds"])
        except ValidationError as problem:
            self.add_error("approvers", problem)
        return said

    def policy(self) -> Policy:
        """Return the valid form as what would be in force."""
        said = self.cleaned_data
        stricter = Policy(
            risk=said["risk"] or "low",
            approvers=said["approvers"],
            expires_after=said["expires_after"],
            roles=tuple(said["roles"]),
            thresholds=tuple(Threshold(text) for text in said["thresholds"]),
        )
        return self.own.tightened(stricter)

    def _new_row(self) -> ConditionRow:
        """Return a row about an amount, where the tool has one: amounts are what thresholds are about most."""
        schemas = policy_checks.argument_schemas(self.row.name)
        amounts = [name for name, parts in schemas.items() if any(part.get("type") in ("integer", "number") for part in parts)]
        return ConditionRow(amounts[0]) if amounts else ConditionRow(next(iter(schemas), ""), "==")

    def _choices(self) -> dict[str, list[tuple[Any, Any]]]:
        own, stored = self.own, self.stored
        stricter = RISKS[RISKS.index(own.risk) + 1 :]
        risks = [(key, label) for key, label in choices_of(Risk) if key in (*stricter, stored["risk"])]
        times = {time for time in TIMES if own.expires_after is None or time < own.expires_after}
        times |= {stored["expires_after"]} - {None}
        groups = list(Group.objects.order_by("name").values_list("name", flat=True))
        return {
            "risk": [("", _("As the tool says")), *risks],
            "approvers": [(1, _("As the tool says") if own.approvers > 1 else _("1 person")), (2, _("2 people"))],
            "expires_after": [
                ("", _("As the tool says")),
                *((time, length(timedelta(seconds=time))) for time in sorted(times)),
            ],
            "roles": [(name, name) for name in dict.fromkeys([*groups, *stored["roles"]])],
        }

    def _typed(self) -> list[ConditionRow]:
        # A `QueryDict`, or a test's plain dict with lists in it.
        read: Callable[[str], list[str]] = getattr(self.data, "getlist", lambda name: self.data.get(name, []))
        columns = zip(read("argument"), read("comparison"), read("value"), strict=False)
        rows = [ConditionRow(argument, comparison, " ".join(value.split())) for argument, comparison, value in columns]
        return rows[: MOST_CONDITIONS + 1]

    def _checked(self) -> Iterator[ConditionRow]:
        """Yield the rows with their mistakes. A row without a value is still to be filled in, and says nothing."""
        for number, row in enumerate(self.rows, 1):
            yield replace(row, error=self._mistake(row, number) if row.value else "")

    def _mistake(self, row: ConditionRow, number: int) -> str:
        if number > MOST_CONDITIONS:
            return _("At most %(most)d conditions.") % {"most": MOST_CONDITIONS}
        if row.comparison not in COMPARISONS or not row.argument:
            return _("Choose an argument and how it is compared.")
        if len(row.text) > LONGEST_CONDITION:
            return _("A condition has at most %(most)d characters.") % {"most": LONGEST_CONDITION}
        try:
            policy_checks.check_conditions(self.row.name, [row.text])
        except ValidationError as problem:
            return " ".join(problem.messages)
        except ValueError:
            return _("Choose an argument and how it is compared.")
        return ""


def _read(condition: str) -> ConditionRow:
    try:
        found = Threshold(condition)
    except ValueError:
        return ConditionRow(value=condition)
    return ConditionRow(".".join(found.path), found.operator, found.value)
