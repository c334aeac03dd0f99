"""Conditions of a decision: the decider has seen the news about it and, where two must agree, the first approval counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from sessions_app.changes.kinds import Kind
from sessions_app.errors import InvalidAction, StaleError
from sessions_app.infrastructure.one_statement import Steps, read_together
from sessions_app.models import Change, Decision, Person, Requirement, Session
from sessions_app.policy.in_force import InForce, in_force_of, questions, same

#: Limit of the customer's messages that a person is shown.
MOST_NEWS = 50


def news_about(requirement: Requirement, person: Person, seen: int) -> list[Change]:
    """Return changes after `seen` that concern the decision: the customer's messages and others' approvals of it."""
    return _about(requirement, *read_together(*_news(requirement.session, person, seen)))


def _news(session: Session, person: Person | None, seen: int) -> tuple[QuerySet[Change], QuerySet[Change]]:
    """The changes that the person has missed: the customer's messages, and first approvals of all requirements."""
    later = session.changes.filter(pk__gt=seen).exclude(person=person).order_by("pk")
    return later.filter(kind=Kind.MESSAGE_CUSTOMER)[:MOST_NEWS], later.filter(kind=Kind.REQUIREMENT_FIRST_APPROVAL)


def _about(requirement: Requirement, written: list[Change], approvals: list[Change]) -> list[Change]:
    """Return the news about the requirement, the oldest first."""
    news = [change for change in approvals if change.data.get("requirement") == requirement.pk]
    return sorted([*written, *news], key=lambda change: change.pk)


def news_in_words(news: list[Change]) -> str:
    """Return the news as a sentence for the decider; empty where there is none."""
    if not news:
        return ""
    words = [_("The customer wrote since you opened this.")] if any(item.kind == Kind.MESSAGE_CUSTOMER for item in news) else []
    approvals = [item for item in news if item.kind == Kind.REQUIREMENT_FIRST_APPROVAL]
    if approvals:
        changed = any(item.data.get("changed") for item in approvals)
        text = _("%(who)s approved this with other arguments.") if changed else _("%(who)s approved this.")
        words.append(text % {"who": approvals[-1].actor})
    return " ".join([*words, _("Look at what is new, then decide.")])


@dataclass
class Grounds:
    """The grounds of decisions about some requirements, read at one moment: policies, people, first approvals and news."""

    in_force: InForce
    firsts: dict[int, Decision]
    news: dict[tuple[int, int], tuple[list[Change], list[Change]]] = field(default_factory=dict)

    def first_of_two(self, requirement: Requirement) -> Decision | None:
        """Return the first approval that is still valid: the newest one, unless the customer wrote since its giver looked.

        An approval of a person who has left the queue, lost the role or whose account is closed is void.
        """
        first = self.firsts.get(requirement.pk)
        if first is None or first.person is None:
            return None
        policy = self.in_force.policy_of(requirement)
        return first if self.in_force.is_allowed(requirement.session.queue_id, policy, first.person) else None

    def must_know_the_news(self, requirement: Requirement, seen: int) -> None:
        """Raise `StaleError` where the person, who has seen change `seen`, has missed news about this decision."""
        news = _about(requirement, *self.news[requirement.session.pk, seen])
        if news:
            raise StaleError(news_in_words(news), news)

    def completes(self, requirement: Requirement, person: Person, arguments: dict[str, Any]) -> bool:
        """Return whether the person's approval is the second of two, after another person's of the same arguments.

        Raises `InvalidAction` when the first one was this person's.
        """
        first = self.first_of_two(requirement)
        if first is None:
            return False
        if not same(first.arguments if first.edited_arguments is None else first.edited_arguments, arguments):
            return False
        if first.person_id == person.pk:
            raise InvalidAction(_("You approved this already. Another person must approve it, too."))
        return True


def grounds_for(
    requirements: Sequence[Requirement], person: Person | None, seen: Mapping[int, int] | None = None
) -> Steps[Grounds]:
    """Read the grounds of a person's decisions about these requirements, in one step.

    `seen` has the change that the person has seen, for each requirement's key; without it no news are read. The requirements'
    sessions must be known.
    """
    firsts = _first_approvals(requirements)
    people = questions(
        {row.session.queue_id for row in requirements},
        {row.tool_name for row in requirements},
        [person] if person else [],
        firsts.values("person"),
    )
    missed = {(row.session.pk, seen[row.pk]): row.session for row in requirements} if seen and person else {}
    news = [part for (_key, number), session in missed.items() for part in _news(session, person, number)]
    policies, members, roles, given, *rest = yield [*people, firsts, *news]
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return Grounds(in_force_of(policies, members, roles), _newest(given), dict(zip(missed, pairs, strict=True)))


def _first_approvals(requirements: Iterable[Requirement]) -> QuerySet[Decision]:
    wrote = Change.objects.filter(
        session=OuterRef("requirement__session"), kind=Kind.MESSAGE_CUSTOMER, pk__gt=Coalesce(OuterRef("seen"), 0)
    )
    keys = [row.pk for row in requirements]
    given = Decision.objects.filter(requirement__in=keys, verdict=Decision.Verdict.FIRST_APPROVAL, person__isnull=False)
    return given.select_related("person").annotate(customer_wrote_since=Exists(wrote))


def _newest(given: Iterable[Any]) -> dict[int, Decision]:
    """Return each requirement's newest first approval; none where the customer wrote since."""
    newest = {line.requirement_id: line for line in sorted(given, key=lambda line: line.pk)}
    return {key: line for key, line in newest.items() if not line.customer_wrote_since}
