"""Conditions of a decision: the decider has seen the news about it and, where two must agree, the first approval counts."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from sessions_app.changes.kinds import Kind
from sessions_app.errors import InvalidAction, StaleError
from sessions_app.models import Change, Decision, Person, Requirement
from sessions_app.policy.in_force import is_allowed, policy_of, same

#: Limit of the customer's messages that a person is shown.
MOST_NEWS = 50


def news_about(requirement: Requirement, person: Person, seen: int) -> list[Change]:
    """Return changes after `seen` that concern the decision: the customer's messages and others' approvals of it."""
    later = requirement.session.changes.filter(pk__gt=seen).exclude(person=person).order_by("pk")
    approvals = later.filter(kind=Kind.REQUIREMENT_FIRST_APPROVAL)
    news = [change for change in approvals if change.data.get("requirement") == requirement.pk]
    return sorted([*later.filter(kind=Kind.MESSAGE_CUSTOMER)[:MOST_NEWS], *news], key=lambda change: change.pk)


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


def must_know_the_news(requirement: Requirement, person: Person, seen: int) -> None:
    """Raise `StaleError` where the person has missed news about this decision."""
    news = news_about(requirement, person, seen)
    if news:
        raise StaleError(news_in_words(news), news)


def first_of_two(requirement: Requirement) -> Decision | None:
    """Return the first approval that is still valid: the newest one, unless the customer wrote since its giver looked.

    An approval of a person who has left the queue, lost the role or whose account is closed is void.
    """
    given = Decision.objects.filter(requirement=requirement, verdict=Decision.Verdict.FIRST_APPROVAL, person__isnull=False)
    first = given.select_related("person").order_by("-pk").first()
    if first is None or requirement.session.changes.filter(kind=Kind.MESSAGE_CUSTOMER, pk__gt=first.seen or 0).exists():
        return None
    giver = first.person
    assert giver is not None
    return first if is_allowed(requirement.session.queue, policy_of(requirement), giver) else None


def completes(requirement: Requirement, person: Person, arguments: dict[str, Any]) -> bool:
    """Return whether the person's approval is the second of two, after another person's of the same arguments.

    Raises `InvalidAction` when the first one was this person's.
    """
    first = first_of_two(requirement)
    if first is None:
        return False
    if not same(first.arguments if first.edited_arguments is None else first.edited_arguments, arguments):
        return False
    if first.person_id == person.pk:
        raise InvalidAction(_("You approved this already. Another person must approve it, too."))
    return True
