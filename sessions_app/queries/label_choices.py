"""Labels among which a person chooses who puts one on a session."""

from __future__ import annotations

from dataclasses import dataclass

from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import Label, LabelPolicy, Person, Session
from sessions_app.models.label import LONGEST_LABEL
from sessions_app.text.folding import fold

#: Labels that are offered at once; words narrow them.
MOST = 30


@dataclass(frozen=True)
class Choices:
    """Labels that fit the `typed` words, those with these words at their beginning first.

    `new` is the name of a label that is not there yet, where the person may make it.
    """

    typed: str
    labels: list[Label]
    there: set[int]
    is_more: bool = False
    new: str = ""
    may_make: bool = False


def choices_for(session: Session, person: Person, typed: str) -> Choices:
    """Return the labels that fit what was typed, in one statement."""
    folded = fold(typed)
    fitting = Label.objects.filter(search_text__contains=typed) if folded else Label.objects.all()
    found, there, exact, rules = read_together(
        fitting.by_name()[: MOST + 1],
        session.labels.values_list("label", flat=True),
        Label.objects.called(typed).values_list("pk", flat=True),
        LabelPolicy.objects.filter(pk=1),
    )
    may_make = (rules[0] if rules else LabelPolicy()).may_make(person)
    is_new = bool(folded) and not exact and may_make and len(typed) <= LONGEST_LABEL
    labels = sorted(found, key=lambda label: (not label.search_text.startswith(folded), label.search_text))
    return Choices(typed, labels[:MOST], set(there), len(found) > MOST, typed if is_new else "", may_make)


__all__ = ["Choices", "choices_for"]
