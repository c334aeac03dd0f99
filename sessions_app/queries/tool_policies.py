"""Tools of a queue, or of the whole desk, with the policies in force for them."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from kern.records.drafts import SEND_ANSWER
from kern.records.policy import Policy
from kern.tools import Tool
from sessions_app.desk.tools import all_tools, tools_of
from sessions_app.infrastructure.one_statement import read_together
from sessions_app.models import AuditEntry, Decision, Person, Queue, Requirement, StandingApproval, ToolPolicy
from sessions_app.models.queue import AiMode

#: Calls on which a policy is tried.
MOST_TRIED = 200
MOST_EDITS = 5


@dataclass(frozen=True)
class ToolRow:
    """A tool as it is decided about in a queue; without a queue, as its author wrote it."""

    name: str
    tools: Sequence[Tool]
    policy: ToolPolicy | None = None
    open: int = 0
    approval: StandingApproval | None = None

    @property
    def description(self) -> str:
        """The beginning of what the tool says of itself."""
        return self.tools[0].description.strip().partition("\n")[0] if self.tools else ""

    @property
    def kind(self) -> str | None:
        """The way it asks people, the most careful one of several tools; `None` where it asks no person."""
        if self.name == SEND_ANSWER:
            return "confirmation"
        kinds = [tool.requirement_kind for tool in self.tools if tool.requirement_kind]
        return "confirmation" if "confirmation" in kinds else next(iter(kinds), None)

    @property
    def is_draft(self) -> bool:
        """True for the answer that people look through, which is no tool of an agent."""
        return self.name == SEND_ANSWER

    @property
    def is_here(self) -> bool:
        """True if an agent of the place has the tool."""
        return bool(self.tools) or self.is_draft

    @property
    def own(self) -> Policy:
        """The policy of its author; the strictest where several agents have a tool of that name."""
        return functools.reduce(Policy.tightened, [tool.policy for tool in self.tools]) if self.tools else Policy()

    @property
    def in_force(self) -> Policy:
        """The policy that holds in the queue."""
        return self.own if self.policy is None else self.own.tightened(self.policy.as_policy())


@dataclass(frozen=True)
class Trial:
    """The numbers of the last calls that one person, and that two people, decide."""

    one: int = 0
    two: int = 0

    @property
    def total(self) -> int:
        return self.one + self.two


def tools_in(queue: Queue | None) -> tuple[list[ToolRow], Counter[int]]:
    """Return the tools of a queue, or of the whole desk, and the number of tool policies of each queue; one statement."""
    policies, counts, asked, approvals = read_together(
        ToolPolicy.objects.filter(queue=queue).order_by(),
        ToolPolicy.objects.order_by().values_list("queue").annotate(number=Count("pk")),
        _open_in(queue),
        StandingApproval.objects.in_force().filter(queue=queue).order_by(),
    )
    by_tool = {row.tool_name: row for row in policies}
    opened, standing = dict(asked), {row.tool_name: row for row in approvals}
    rows = [
        ToolRow(row.name, row.tools, by_tool.get(row.name), opened.get(row.name, 0), standing.get(row.name))
        for row in _known(queue, by_tool)
    ]
    return rows, Counter(dict(counts))


def trial_of(queue: Queue, row: ToolRow, *policies: Policy) -> list[Trial]:
    """Return, for each of the policies, how many people the last calls of the tool in the queue would have needed."""
    asked = Decision.objects.filter(tool_name=row.name, queue_slug=queue.slug, verdict=Decision.Verdict.ASKED, erased_at=None)
    calls = list(asked.order_by("-pk").values_list("arguments", flat=True)[:MOST_TRIED])
    schema = row.tools[0].parameters if row.tools else None
    return [_tried(policy, calls, schema) for policy in policies]


def deciders(queue: Queue, policy: Policy) -> list[Person]:
    """Return the people of the queue who may decide under the policy; admins always may and are not among them."""
    people = Person.objects.filter(queues=queue, is_active=True)
    if policy.roles:
        people = people.filter(groups__name__in=policy.roles)
    return list(people.distinct().order_by("display_name", "pk"))


def edits_of(policy: ToolPolicy | None) -> list[AuditEntry]:
    """Return the last changes of the policy, newest first."""
    if policy is None:
        return []
    about = AuditEntry.objects.filter(subject_kind="toolpolicy", subject_id=str(policy.pk))
    return list(about.order_by("-number")[:MOST_EDITS])


def _known(queue: Queue | None, policies: Iterable[str]) -> list[ToolRow]:
    """Return the tools of the queue's agent, those that only have a policy, and the draft where people look it through."""
    by_name: defaultdict[str, list[Tool]] = defaultdict(list)
    for tool in tools_of(queue.agent_id) if queue is not None else all_tools():
        by_name[tool.name].append(tool)
    rows = [ToolRow(name, tools) for name, tools in by_name.items()]
    if queue is not None:
        drafts = [SEND_ANSWER] if queue.ai_mode == AiMode.DRAFT else []
        rows += [ToolRow(name, []) for name in dict.fromkeys([*drafts, *policies]) if name not in by_name]
    return sorted(rows, key=lambda row: (row.kind is None, row.name))


def _open_in(queue: Queue | None) -> QuerySet[Requirement, Any]:
    pending = Requirement.objects.pending().filter(session__queue=queue) if queue else Requirement.objects.none()
    return pending.order_by().values_list("tool_name").annotate(number=Count("pk"))


def _tried(policy: Policy, calls: Iterable[Any], schema: dict[str, Any] | None) -> Trial:
    needs = Counter(policy.demand(call, schema).approvers for call in calls if isinstance(call, dict))
    return Trial(needs[1], needs[2])
