"""The policy in force for a tool in a queue, and the right to decide under it, for every page and API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from kern.records.policy import Policy
from sessions_app.errors import Forbidden
from sessions_app.infrastructure.broken_rows import CorruptList
from sessions_app.models import Person, Queue, Requirement, ToolPolicy


def policy_in_force(queue: Queue | None, tool_name: str, own: Policy) -> Policy:
    """Return the tool's own policy, tightened by the queue's."""
    stricter = ToolPolicy.objects.filter(queue=queue, tool_name=tool_name).first() if queue is not None else None
    return own if stricter is None else own.tightened(stricter.as_policy())


def policy_of(requirement: Requirement) -> Policy:
    """Return the policy under which a requirement is decided now: the one it was asked under, tightened since."""
    asked_under = Policy.from_dict(requirement.policy)
    return policy_in_force(requirement.session.queue, requirement.tool_name, asked_under)


def may_decide(requirement: Requirement, person: Person, *, approving: bool = False) -> None:
    """Raise `Forbidden`, with the reason for the person, unless they may decide about this.

    `approving` is for letting a tool run: people may not approve an action that they asked the agent for. Rejecting it stays
    open to them.
    """
    may_work(requirement.session.queue, policy_of(requirement), person)
    if approving and requirement.asked_for_by_id == person.pk:
        raise Forbidden(_("You had the agent do this, so somebody else must approve it."))


def may_work(queue: Queue | None, policy: Policy, person: Person) -> None:
    """Raise `Forbidden` unless the person works the queue and has a role that the policy names. Admins always may."""
    if not person.is_active:
        raise Forbidden(_("This account is closed."))
    if person.is_superuser:
        return
    if queue is None or not queue.members.filter(pk=person.pk).exists():
        raise Forbidden(_("You do not work this queue."))
    if policy.roles and not person.groups.filter(name__in=policy.roles).exists():
        raise Forbidden(_("Only %(roles)s may decide about this.") % {"roles": ", ".join(policy.roles)})


def is_allowed(queue: Queue | None, policy: Policy, person: Person) -> bool:
    """Return whether `may_work` would let the person."""
    try:
        may_work(queue, policy, person)
    except Forbidden:
        return False
    return True


@dataclass(frozen=True)
class May:
    """A person's rights on a requirement: decide about it at all, and approve it."""

    decide: bool
    approve: bool


#: The roles that a queue's policy asks beyond the tool's own, to be annotated as `queue_roles`.
QUEUE_ROLES = Subquery(
    ToolPolicy.objects.filter(queue=OuterRef("session__queue"), tool_name=OuterRef("tool_name")).values("roles")[:1]
)


def open_to(person: Person, requirements: Sequence[Requirement]) -> dict[int, May]:
    """Return for each requirement's key the rights of the person, who works its queue.

    The requirements are annotated with `QUEUE_ROLES`, so that this asks the database at most once.
    """
    groups: frozenset[str] | None = None
    found = {}
    for row in requirements:
        wanted = row.queue_roles or ()  # type: ignore[attr-defined]
        # Unreadable roles exclude everyone.
        wanted = ("nobody",) if isinstance(wanted, CorruptList) else wanted
        own, more = Policy(roles=tuple(row.policy.get("roles") or ())), Policy(roles=tuple(wanted))
        roles = own.tightened(more).roles
        if roles and groups is None and not person.is_superuser:
            groups = frozenset(person.groups.values_list("name", flat=True))
        decide = person.is_superuser or not roles or not (groups or frozenset()).isdisjoint(roles)
        found[row.pk] = May(decide, decide and row.asked_for_by_id != person.pk)
    return found


def same(left: Any, right: Any) -> bool:
    """Return whether two JSON values are the same to a tool: 5 is 5.0, but `true` is not 1 and no number is its text."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(*pair) for pair in zip(left, right, strict=True))
    return bool(left == right)
