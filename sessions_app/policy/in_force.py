"""The policy in force for a tool in a queue, and the right to decide under it, for every page and API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from kern.records.policy import Policy
from sessions_app.errors import Forbidden
from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import Person, Queue, Requirement, ToolPolicy


@dataclass(frozen=True)
class May:
    """A person's rights on a requirement: decide about it at all, and approve it."""

    decide: bool
    approve: bool


@dataclass(frozen=True)
class InForce:
    """The queues' policies for tools, their members, and people's roles, read once by `read`.

    It says what was in force at that moment. A page makes one for all that it shows, a verb makes one under the session's
    lock; neither keeps it.
    """

    policies: dict[tuple[int, str], Policy] = field(default_factory=dict)
    members: frozenset[tuple[int, int]] = frozenset()
    roles: dict[int, frozenset[str]] = field(default_factory=dict)

    def policy_for(self, queue_key: int | None, tool_name: str, own: Policy) -> Policy:
        """Return the tool's own policy, tightened by the queue's."""
        stricter = self.policies.get((queue_key, tool_name)) if queue_key is not None else None
        return own if stricter is None else own.tightened(stricter)

    def policy_of(self, requirement: Requirement) -> Policy:
        """Return the policy under which a requirement is decided: the one it was asked under, tightened since."""
        return self.policy_for(requirement.session.queue_id, requirement.tool_name, Policy.from_dict(requirement.policy))

    def may_decide(self, requirement: Requirement, person: Person, *, approving: bool = False) -> None:
        """Raise `Forbidden`, with the reason for the person, unless they may decide about this.

        `approving` is for letting a tool run: people may not approve an action that they asked the agent for. Rejecting it
        stays open to them.
        """
        self.may_work(requirement.session.queue_id, self.policy_of(requirement), person)
        if approving and requirement.asked_for_by_id == person.pk:
            raise Forbidden(_("You had the agent do this, so somebody else must approve it."))

    def may_work(self, queue_key: int | None, policy: Policy, person: Person) -> None:
        """Raise `Forbidden` unless the person works the queue and has a role that the policy names. Admins always may."""
        if not person.is_active:
            raise Forbidden(_("This account is closed."))
        if person.is_superuser:
            return
        if queue_key is None or (queue_key, person.pk) not in self.members:
            raise Forbidden(_("You do not work this queue."))
        if policy.roles and self.roles.get(person.pk, frozenset()).isdisjoint(policy.roles):
            raise Forbidden(_("Only %(roles)s may decide about this.") % {"roles": ", ".join(policy.roles)})

    def is_allowed(self, queue_key: int | None, policy: Policy, person: Person) -> bool:
        """Return whether `may_work` would let the person."""
        try:
            self.may_work(queue_key, policy, person)
        except Forbidden:
            return False
        return True

    def may(self, requirement: Requirement, person: Person) -> May:
        """Return the person's rights on the requirement."""
        decide = self.is_allowed(requirement.session.queue_id, self.policy_of(requirement), person)
        return May(decide, decide and requirement.asked_for_by_id != person.pk)


def read_for(queue_keys: Iterable[int | None], tool_names: Iterable[str], people: Iterable[Person | int]) -> InForce:
    """Read the policies of these tools in these queues, and the rights of these people, in one query."""
    return in_force_of(*read_together(*questions(queue_keys, tool_names, people)))


def read(requirements: Iterable[Requirement], *people: Person | int) -> InForce:
    """Read the policies and rights that concern these requirements; their sessions must be known."""
    found = list(requirements)
    return read_for({row.session.queue_id for row in found}, {row.tool_name for row in found}, people)


def questions(
    queue_keys: Iterable[int | None],
    tool_names: Iterable[str],
    people: Iterable[Person | int],
    more_people: QuerySet[Any, Any] | None = None,
) -> tuple[QuerySet[Any, Any], QuerySet[Any, Any], QuerySet[Any, Any]]:
    """Return the querysets that `in_force_of` needs, to be read with others; `more_people` is a subquery of people's keys."""
    queues = [key for key in queue_keys if key is not None]
    asking = Q(person__in=[person if isinstance(person, int) else person.pk for person in people])
    if more_people is not None:
        asking |= Q(person__in=more_people)
    return (
        ToolPolicy.objects.filter(queue__in=queues, tool_name__in=list(tool_names)),
        Queue.members.through.objects.filter(asking, queue__in=queues).values_list("queue", "person"),
        Person.groups.through.objects.filter(asking).values_list("person", "group__name"),
    )


def in_force_of(
    policies: Iterable[ToolPolicy], members: Iterable[tuple[int, int]], roles: Iterable[tuple[int, str]]
) -> InForce:
    """Build it from the rows of `questions`."""
    by_person: dict[int, set[str]] = {}
    for person, role in roles:
        by_person.setdefault(person, set()).add(role)
    return InForce(
        {(row.queue_id, row.tool_name): row.as_policy() for row in policies},
        frozenset(members),
        {person: frozenset(names) for person, names in by_person.items()},
    )


def policy_in_force(queue: Queue | None, tool_name: str, own: Policy) -> Policy:
    """Return the tool's own policy, tightened by the queue's."""
    key = queue.pk if queue else None
    return read_for([key], [tool_name], []).policy_for(key, tool_name, own)


def policy_of(requirement: Requirement) -> Policy:
    """`InForce.policy_of` of this one requirement, now."""
    return read([requirement]).policy_of(requirement)


def may_decide(requirement: Requirement, person: Person, *, approving: bool = False) -> None:
    """`InForce.may_decide` about this one requirement, now."""
    read([requirement], person).may_decide(requirement, person, approving=approving)


def may_work(queue: Queue | None, policy: Policy, person: Person) -> None:
    """`InForce.may_work` in this one queue, now."""
    key = queue.pk if queue else None
    read_for([key], [], [person]).may_work(key, policy, person)


def is_allowed(queue: Queue | None, policy: Policy, person: Person) -> bool:
    """`InForce.is_allowed` in this one queue, now."""
    key = queue.pk if queue else None
    return read_for([key], [], [person]).is_allowed(key, policy, person)


def same(left: Any, right: Any) -> bool:
    """Return whether two JSON values are the same to a tool: 5 is 5.0, but `true` is not 1 and no number is its text."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(*pair) for pair in zip(left, right, strict=True))
    return bool(left == right)
