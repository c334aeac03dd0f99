"""Admins' verbs for the naming rules: change those of the desk or of a queue, let a queue follow the desk again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.models import NamingPolicy, Person, Queue
from sessions_app.policy import naming_budget
from sessions_app.policy.naming import NamingInForce, naming_in_force, read_naming

#: A queue's forbidden words stand with the queue, for they judge the names that its customers give themselves, too.
FORBIDDEN = "forbidden_words"
COLUMNS = tuple(name for name in asdict(NamingInForce()) if name != FORBIDDEN)


class StaleRules(InvalidAction):
    """Another admin saved rules of this place meanwhile; nothing was changed."""

    def __init__(self, policy: NamingPolicy) -> None:
        by = policy.updated_by or _("Somebody")
        super().__init__(_("%(person)s saved other rules here meanwhile. Save again to replace them.") % {"person": by})
        self.policy = policy


def values_of(queue: Queue | None) -> dict[str, Any]:
    """Return the rules in force as a form shows them, with the forbidden words of this place alone."""
    rules = asdict(naming_in_force(queue))
    return {**rules, FORBIDDEN: own_words(queue), "masks": list(rules["masks"])}


def own_words(queue: Queue | None) -> str:
    """Return the forbidden words that stand with the queue, or with the desk."""
    if queue is not None:
        return queue.forbidden_words
    return NamingPolicy.objects.filter(queue=None).values_list(FORBIDDEN, flat=True).first() or ""


def base_of(queue: Queue | None) -> NamingInForce:
    """Return what a place without rules of its own follows: the desk's rules, or the product's."""
    return naming_in_force(None) if queue is not None else NamingInForce()


def differing(queue: Queue, policy: NamingPolicy | None) -> int:
    """Return in how many rules the queue differs from the desk."""
    own = sum(getattr(policy, name) is not None for name in COLUMNS) if policy is not None else 0
    return own + bool(queue.forbidden_words)


def seen_of(policy: NamingPolicy | None) -> str:
    """Return what a form remembers of the rules it was made from; empty where there were none of this place's own."""
    return policy.updated_at.isoformat() if policy is not None else ""


def save(queue: Queue | None, person: Person, values: Mapping[str, Any], seen: str | None = None) -> NamingPolicy:
    """Put these rules in force in the queue, or in the whole desk. What is as it would be without them follows the desk.

    Raises `StaleRules` where other rules were saved since those that the form was made from (`seen`).
    """
    with transaction.atomic():
        known = NamingPolicy.objects.select_for_update(of=("self",)).filter(queue=queue).select_related("updated_by").first()
        if seen is not None and known is not None and seen != seen_of(known):
            raise StaleRules(known)
        before = values_of(queue)
        base = base_of(queue)
        columns = {name: None if _same(values[name], getattr(base, name)) else values[name] for name in COLUMNS}
        if queue is None:
            columns[FORBIDDEN] = values[FORBIDDEN] or None
        else:
            Queue.objects.filter(pk=queue.pk).update(forbidden_words=values[FORBIDDEN])
            queue.forbidden_words = values[FORBIDDEN]
        stamped = {**columns, "updated_at": clock.now(), "updated_by": person}
        policy, _made = NamingPolicy.objects.update_or_create(queue=queue, defaults=stamped)
        _record(queue, before, values)
        naming_budget.resume(queue)
    return policy


def follow_desk(queue: Queue, person: Person) -> None:
    """Have the queue follow the desk in everything but its forbidden words, which are its own."""
    save(queue, person, {**asdict(naming_in_force(None)), FORBIDDEN: queue.forbidden_words})


def rows() -> dict[int | None, NamingPolicy]:
    """Return the rows of the desk and all queues."""
    return read_naming().rows


def _record(queue: Queue | None, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    changed = [name for name in (*COLUMNS, FORBIDDEN) if not _same(before[name], after[name])]
    if changed:
        audit.record(
            audit.Kind.NAMING_RULES,
            subject=queue if queue is not None else "naming",
            name=str(queue) if queue is not None else "Whole desk",
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )


def _same(left: Any, right: Any) -> bool:
    """Return whether two values of a rule are the same, for masks in any order."""
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return set(left) == set(right)
    return bool(left == right)
