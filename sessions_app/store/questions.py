"""Requirements of runs: stored under the policy in force, and answered by standing approvals or by programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kern.errors import InvalidAnswerError
from kern.records.conflicts import must_accept
from kern.records.policy import Policy
from kern.records.requirement import Requirement
from kern.validation.json_values import storable_json
from sessions_app import models as rows
from sessions_app.changes import log
from sessions_app.changes.kinds import OF_REQUIREMENT_STATUS, Kind
from sessions_app.changes.payloads import Asked, OfRequirement
from sessions_app.infrastructure import clock
from sessions_app.models import Decision, Person, Session, StandingApproval
from sessions_app.policy.in_force import is_allowed, policy_in_force, policy_of
from sessions_app.store.claims import Held
from sessions_app.store.records import put_answer, requirement_record, requirement_row

#: The longest default time (seconds) between reminder and expiry.
MOST_REMINDER = 3600
#: The actor of answers without a person: a program that uses the library on our rows.
LIBRARY = "library"
#: The statuses of an answer; a program can't say that a tool ran.
ANSWERS = ("approved", "rejected", "answered", "expired")


def ask(held: Held, item: Requirement, run: rows.Run) -> rows.Requirement:
    """Store a new requirement of the claimed tree. Where a standing approval covers it, it is approved at once."""
    row = requirement_row(item, run, held.root)
    row.session, row.asked_for_by = held.session, held.root.asked_by
    row.look_again = _customer_wrote_meanwhile(held)
    put_terms(row, policy_in_force(held.session.queue, row.tool_name, item.policy))
    row.save(force_insert=True)
    Decision.objects.append(row, Decision.Verdict.ASKED, actor=row.agent_name)
    log.record(
        held.session, Kind.REQUIREMENT_ASKED, Asked(requirement=row.pk, tool=row.tool_name, asks=row.kind), actor=row.agent_name
    )
    rule = _rule_for(row)
    if rule is not None and row.settle(rows.Requirement.Status.APPROVED):
        actor = f"standing approval of {rule.made_by} until {timezone.localtime(rule.until):%Y-%m-%d %H:%M %Z}"
        Decision.objects.append(row, Decision.Verdict.APPROVED, actor=actor)
        log.record(held.session, Kind.REQUIREMENT_APPROVED, OfRequirement(requirement=row.pk, tool=row.tool_name), actor=actor)
    return row


def _customer_wrote_meanwhile(held: Held) -> bool:
    """Return whether the customer wrote messages that the turn has not read; the next one will."""
    unanswered = held.session.messages.unanswered()
    if held.root.purpose != rows.Run.Purpose.ANSWER:
        # A turn for a person leaves the customer's messages unanswered, those that it has read, too.
        unanswered = unanswered.filter(created_at__gt=held.root.created_at)
    return unanswered.exists()


def put_terms(row: rows.Requirement, policy: Policy) -> None:
    """Write the policy's terms to the requirement's unsaved row: risk, approvers, expiry and reminder."""
    if row.reason == rows.Requirement.Reason.UNCERTAIN:
        # An uncertain call does not expire: time does not tell whether it happened.
        policy = replace(policy, expires_after=None, remind_before=None)
    demand = policy.demand(row.arguments, row.schema)
    row.policy, row.risk, row.approvers = storable_json(policy.to_dict()), demand.risk, demand.approvers
    row.expires_at = row.remind_at = None
    if policy.expires_after is not None:
        row.expires_at = row.created_at + timedelta(seconds=policy.expires_after)
        row.remind_at = row.expires_at - _reminder(policy.expires_after, policy.remind_before)


def _reminder(expires_after: float, remind_before: float | None) -> timedelta:
    """Return the time before the expiry at which people are reminded.

    The tool's if it is shorter than the expiry, else a quarter.
    """
    wanted = remind_before if remind_before is not None and remind_before < expires_after else None
    return timedelta(seconds=min(expires_after / 4, MOST_REMINDER) if wanted is None else wanted)


def tighten_open(policy: rows.ToolPolicy, person: Person) -> None:
    """Apply a queue's stricter policy to open requirements, so that people see it; a new expiry counts from now.

    Nothing is ever loosened.
    """
    open_ones = rows.Requirement.objects.pending().filter(session__queue=policy.queue, tool_name=policy.tool_name)
    for pk, session_id in open_ones.values_list("pk", "session__session_id"):
        with transaction.atomic():
            session = Session.objects.select_for_update().filter(session_id=session_id).first()
            row = open_ones.filter(pk=pk).first()
            # An unreadable requirement cannot be decided.
            if session is not None and row is not None and not row.broken:
                row.session = session
                _tighten(row)
                log.record(session, Kind.POLICY_TIGHTENED, OfRequirement(requirement=row.pk, tool=row.tool_name), person=person)


def _tighten(row: rows.Requirement) -> None:
    policy = policy_of(row)
    proposed = row.arguments if row.edited_arguments is None else row.edited_arguments
    demand = policy.demand(proposed, row.schema)
    row.risk, row.approvers = demand.risk, demand.approvers
    if policy.expires_after is not None and row.reason != rows.Requirement.Reason.UNCERTAIN:
        by_policy = clock.now() + timedelta(seconds=policy.expires_after)
        if row.expires_at is None or by_policy < row.expires_at:
            row.expires_at = by_policy
            row.remind_at = by_policy - _reminder(policy.expires_after, policy.remind_before)
    row.save(update_fields=["risk", "approvers", "expires_at", "remind_at"])


def _rule_for(row: rows.Requirement) -> StandingApproval | None:
    """Return the standing approval that covers the requirement. Its maker must still have the right to approve it by hand."""
    queue = row.session.queue
    is_plain = row.kind == rows.Requirement.Kind.CONFIRMATION and row.reason == rows.Requirement.Reason.POLICY
    if queue is None or not is_plain or row.risk == "high" or row.approvers > 1 or row.look_again:
        return None
    rules = StandingApproval.objects.in_force().select_related("made_by").filter(queue=queue, tool_name=row.tool_name)
    rule = rules.first()
    if rule is None or rule.broken or rule.made_by is None or rule.made_by_id == row.asked_for_by_id:
        return None
    return rule if is_allowed(queue, Policy.from_dict(row.policy), rule.made_by) else None


def answer_from_program(session: Session, row: rows.Requirement, answer: Requirement) -> None:
    """Store the library's answer to a pending requirement. Raises `InvalidAnswerError` where the policy wants known people."""
    row.session = session
    _must_accept(row, answer)
    put_answer(row, answer)
    row.remind_at = None
    answered = ["status", "edited_arguments", "note", "answer", "fields", "decided_at", "remind_at"]
    row.save(update_fields=answered)
    verdict = Decision.Verdict.RESPONDED if answer.response is not None else answer.status
    Decision.objects.append(row, verdict, actor=LIBRARY, note=row.note)
    kind = OF_REQUIREMENT_STATUS[row.status]
    log.record(session, kind, OfRequirement(requirement=row.pk, tool=row.tool_name), actor=LIBRARY)


def _must_accept(row: rows.Requirement, answer: Requirement) -> None:
    if answer.status not in ANSWERS:
        text = _("%(tool)s waits for an answer, and “%(status)s” is none")
        raise InvalidAnswerError(text % {"tool": row.tool_name, "status": answer.status})
    if answer.status == "expired":
        return
    stored = requirement_record(row)
    stored.policy = policy_of(row)
    if stored.policy.roles:
        text = _("only %(roles)s may decide about %(tool)s: decide in the inbox")
        raise InvalidAnswerError(text % {"roles": ", ".join(stored.policy.roles), "tool": row.tool_name})
    if answer.edited_arguments is not None:
        stored.edit(answer.edited_arguments)
    stored.status, stored.answer = answer.status, answer.answer
    if stored.lets_run and row.asked_for_by_id is not None:
        raise InvalidAnswerError(_("somebody had the agent do this, and another person must approve it: decide in the inbox"))
    if stored.lets_run and stored.approvers_needed > 1:
        text = _("two people must approve %(tool)s, so a program can't: decide in the inbox")
        raise InvalidAnswerError(text % {"tool": row.tool_name})
    must_accept(stored, answer)
