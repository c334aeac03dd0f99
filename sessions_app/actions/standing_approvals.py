"""Standing approvals: calls of one tool in one queue run without asking, for some days. Never where the risk is high."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kern.records.policy import Policy
from sessions_app.desk.tools import tools_named
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.models import Decision, Person, Queue, Requirement, StandingApproval
from sessions_app.policy.in_force import may_work, policy_in_force, policy_of

LONGEST = timedelta(days=14)
#: So many approvals in a row, none of them edited, make a standing approval worth offering.
IN_A_ROW = 5
FRIDAY, EVENING = 4, 18
#: Verdicts that end a row of approvals; a first of two is one of them.
_DECIDED = (
    Decision.Verdict.APPROVED,
    Decision.Verdict.FIRST_APPROVAL,
    Decision.Verdict.REJECTED,
    Decision.Verdict.RESPONDED,
    Decision.Verdict.EXPIRED,
)


#: States of a call that people approved.
APPROVED = (Requirement.Status.APPROVED, Requirement.Status.EXECUTED, Requirement.Status.FAILED)


@dataclass(frozen=True)
class StandingOffer:
    """A standing approval that a person may make: `tool_name` in `queue` until then, after so many equal approvals."""

    queue: Queue
    tool_name: str
    until: datetime
    approvals: int


def offer_for(requirement: Requirement) -> StandingOffer | None:
    """Return the standing approval to offer after this one.

    The last few decisions about the tool in the queue were approvals as asked.
    """
    queue = requirement.session.queue
    is_plain = requirement.kind == Requirement.Kind.CONFIRMATION and requirement.reason == Requirement.Reason.POLICY
    if queue is None or not is_plain:
        return None
    if requirement.status not in APPROVED or not _can_be_ruled(policy_of(requirement)):
        return None
    if StandingApproval.objects.in_force().filter(queue=queue, tool_name=requirement.tool_name).exists():
        return None
    if not _is_earned(queue, requirement.tool_name, after=_last_ended(queue, requirement.tool_name)):
        return None
    return StandingOffer(queue, requirement.tool_name, end_of_week(clock.now()), IN_A_ROW)


def end_of_week(now: datetime) -> datetime:
    """Return Friday 18:00 in the zone in force; the next one where that is less than a day away."""
    local = timezone.localtime(now)
    friday = local.date() + timedelta(days=(FRIDAY - local.weekday()) % 7)
    evening = timezone.make_aware(datetime(friday.year, friday.month, friday.day, EVENING))
    if evening - now >= timedelta(days=1):
        return evening
    friday += timedelta(days=7)
    return timezone.make_aware(datetime(friday.year, friday.month, friday.day, EVENING))


def allow(queue: Queue, tool_name: str, person: Person, until: datetime) -> StandingApproval:
    """Let calls of the tool run in the queue without asking, until then; calls that pass a threshold are asked about still.

    Raises `InvalidAction` for a tool that is too risky, asks nothing or was not approved often enough, a time that has passed
    or is too far, and where there is a standing approval already; `Forbidden` for a person who may not decide about the tool.
    """
    now = clock.now()
    if not now < until <= now + LONGEST:
        raise InvalidAction(_("A standing approval ends within %(days)d days from now.") % {"days": LONGEST.days})
    policy = policy_in_force(queue, tool_name, _own_policy(tool_name))
    may_work(queue, policy, person)
    if not _can_be_ruled(policy):
        text = _("%(tool)s is too risky for a standing approval: people decide about each call.")
        raise InvalidAction(text % {"tool": tool_name})
    if not _is_earned(queue, tool_name):
        raise InvalidAction(
            _("%(tool)s gets a standing approval after %(count)d approvals in a row, each as the agent asked.")
            % {"tool": tool_name, "count": IN_A_ROW}
        )
    with transaction.atomic():
        Queue.objects.select_for_update().get(pk=queue.pk)
        _put_away(queue, tool_name)
        if StandingApproval.objects.filter(queue=queue, tool_name=tool_name, revoked_at=None).exists():
            raise InvalidAction(_("There is a standing approval of %(tool)s already.") % {"tool": tool_name})
        rule = StandingApproval.objects.create(queue=queue, tool_name=tool_name, until=until, made_by=person)
        Decision.objects.append_rule(queue, tool_name, Decision.Verdict.RULE_MADE, person, f"until {until.isoformat()}")
    return rule


def revoke(rule: StandingApproval, person: Person) -> None:
    """Revoke the standing approval now. Raises `InvalidAction` when it has ended, `Forbidden` for people outside its queue."""
    may_work(rule.queue, Policy(), person)
    with transaction.atomic():
        ended = {"revoked_at": clock.now(), "revoked_by": person}
        if not StandingApproval.objects.in_force().filter(pk=rule.pk).update(**ended):
            raise InvalidAction(_("This standing approval has ended already."))
        Decision.objects.append_rule(rule.queue, rule.tool_name, Decision.Verdict.RULE_ENDED, person, "revoked")
    rule.refresh_from_db()


def _last_ended(queue: Queue, tool_name: str) -> int:
    """Return the key of the log's line about the last revoked approval for the tool: it is not offered at once again."""
    ended = Decision.objects.filter(tool_name=tool_name, queue_slug=queue.slug, verdict=Decision.Verdict.RULE_ENDED)
    return ended.order_by("-pk").values_list("pk", flat=True).first() or 0


def _is_earned(queue: Queue, tool_name: str, after: int = 0) -> bool:
    """Return whether people's last few decisions about the tool in the queue, after that line, were approvals as asked."""
    about = Decision.objects.filter(tool_name=tool_name, queue_slug=queue.slug, verdict__in=_DECIDED, pk__gt=after)
    last = list(about.order_by("-pk")[:IN_A_ROW])
    as_asked = [
        line
        for line in last
        if line.verdict == Decision.Verdict.APPROVED and line.edited_arguments is None and line.person_id is not None
    ]
    return len(as_asked) == IN_A_ROW


def _can_be_ruled(policy: Policy) -> bool:
    return policy.risk != "high" and policy.approvers == 1


def _put_away(queue: Queue, tool_name: str) -> None:
    """Mark expired standing approvals as revoked, so the unique constraint allows a new one."""
    over = StandingApproval.objects.filter(queue=queue, tool_name=tool_name, revoked_at=None, until__lte=clock.now())
    for rule in over:
        StandingApproval.objects.filter(pk=rule.pk).update(revoked_at=rule.until)


def _own_policy(tool_name: str) -> Policy:
    """Return the strictest policy of the desk's tools of that name. Raises `InvalidAction` when none asks."""
    asking = [tool.policy for tool in tools_named(tool_name) if tool.requirement_kind == "confirmation"]
    if not asking:
        raise InvalidAction(_("No agent asks before it uses %(tool)s.") % {"tool": tool_name[:200]})
    return functools.reduce(Policy.tightened, asking)
