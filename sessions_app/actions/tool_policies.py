"""Admins' verbs for tool policies: make a queue stricter about a tool, and let it follow the tool again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app import audit
from sessions_app.errors import StaleError
from sessions_app.models import Person, Queue, ToolPolicy
from sessions_app.store.questions import tighten_open

#: What a policy says, with the values by which it says nothing.
NOTHING: Mapping[str, Any] = {"risk": "", "approvers": 1, "expires_after": None, "roles": [], "thresholds": []}


def values_of(policy: ToolPolicy | None) -> dict[str, Any]:
    """Return what the policy says, or nothing without one."""
    return {name: getattr(policy, name) if policy is not None else value for name, value in NOTHING.items()}


def version_of(policy: ToolPolicy | None) -> str:
    """Return a text that is another one once the policy says something else."""
    return json.dumps(values_of(policy), sort_keys=True)


def save(queue: Queue, tool_name: str, person: Person, values: Mapping[str, Any], seen: str | None = None) -> None:
    """Put the values in force, for open decisions as well; values that say nothing remove the policy.

    `seen` is the `version_of` what the person saw: raises `StaleError` where another admin changed it since.
    """
    with transaction.atomic():
        Queue.objects.select_for_update().get(pk=queue.pk)
        policy = ToolPolicy.objects.filter(queue=queue, tool_name=tool_name).first()
        if seen is not None and seen != version_of(policy):
            raise StaleError(_("Another admin changed this policy meanwhile. Look at what holds now, then save again."), [])
        before, after = values_of(policy), {name: values[name] for name in NOTHING}
        if before == after:
            return
        if after == NOTHING:
            _remove(policy, before)
            return
        new = policy or ToolPolicy(queue=queue, tool_name=tool_name)
        for name, value in after.items():
            setattr(new, name, value)
        new.save()
        _record(new, before if policy is not None else None, after)
        # After the commit, one short transaction a question: this one would hold all their sessions.
        transaction.on_commit(lambda: tighten_open(new, person))


def _remove(policy: ToolPolicy | None, before: dict[str, Any]) -> None:
    if policy is not None:
        audit.record(audit.Kind.SETUP_REMOVED, subject=policy, before=before)
        policy.delete()


def _record(policy: ToolPolicy, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    changed = [name for name in after if before is None or before[name] != after[name]]
    audit.record(
        audit.Kind.SETUP_CHANGED if before is not None else audit.Kind.SETUP_ADDED,
        subject=policy,
        before={name: before[name] for name in changed} if before is not None else None,
        after={name: after[name] for name in changed},
    )
