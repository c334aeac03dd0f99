"""People's answers to what the AI asks. The first answer counts; the last missing one lets the turn go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from kern.errors import InvalidAnswerError
from kern.records.policy import Policy
from kern.records.requirement import Requirement as RequirementRecord
from kern.validation.json_values import storable_json
from sessions_app.actions.locking import session_locked
from sessions_app.actions.reopening import reopen
from sessions_app.actions.standing_approvals import StandingOffer, offer_for
from sessions_app.changes.kinds import OF_REQUIREMENT_STATUS, Kind
from sessions_app.changes.log import record
from sessions_app.changes.payloads import FirstApproval, OfRequirement
from sessions_app.errors import AlreadyDecided, AppError, InvalidAction
from sessions_app.infrastructure.one_statement import read_steps
from sessions_app.models import Decision, Person, Requirement, Run, Session
from sessions_app.policy.approvals import Grounds, grounds_for
from sessions_app.policy.in_force import same
from sessions_app.store.pausing import go_on
from sessions_app.store.records import put_answer, put_values, requirement_record
from sessions_app.validation.text import too_long, too_long_inside, trimmed
from sessions_app.workers.expiry import expire_one

__all__ = [
    "StandingOffer",
    "approve",
    "approve_many",
    "choose",
    "give_result",
    "offer_for",
    "provide_input",
    "reject",
    "reopen",
    "respond",
]

Answer = Callable[[RequirementRecord], None]


def approve(requirement: Requirement, person: Person, *, arguments: dict[str, Any] | None = None, seen: int) -> Requirement:
    """Let the tool run, with the model's arguments or the person's; both are kept.

    Where two people must agree, the first approval leaves it pending with that person's arguments; the second one counts if it
    is another person's and for the same arguments, and with changed ones is a first approval again.

    This and its siblings raise `AlreadyDecided` when another person was faster or it has expired, `StaleError` when the
    customer wrote or another person approved it after change `seen`, `Forbidden` when the policy does not let this person,
    `InvalidAction` when the turn no longer waits for the answer, and `InvalidAnswerError` (with `errors` by field) when it does
    not fit.
    """

    _must_fit(arguments)
    return _settle(requirement, person, seen, _approval(arguments), Decision.Verdict.APPROVED)


def _approval(arguments: dict[str, Any] | None) -> Answer:
    """Confirm with these arguments; without any, with those that are proposed."""

    def answer(asked: RequirementRecord) -> None:
        if arguments is not None and not same(arguments, asked.effective_arguments):
            asked.edit(arguments)
            if same(arguments, asked.arguments):
                asked.edited_arguments = None
        asked.confirm()

    return answer


def approve_many(
    requirements: Sequence[Requirement], person: Person, *, seen: dict[int, int]
) -> list[tuple[Requirement, AppError | InvalidAnswerError | None]]:
    """Approve calls of one tool, each checked and recorded by itself; `seen` has the change seen for each requirement's key.

    Those of one session are approved in one transaction. Returns each requirement as it stands now with what kept it from being
    approved, or `None`: one that needs to be looked at by itself is not. Raises `InvalidAction` for calls of several tools.
    """
    if len({requirement.tool_name for requirement in requirements}) > 1:
        raise InvalidAction(_("Only calls of one tool are approved together."))
    by_session: dict[int, dict[int, Requirement]] = {}
    for requirement in requirements:
        by_session.setdefault(requirement.session_id, {})[requirement.pk] = requirement
    outcomes: dict[int, tuple[Requirement, AppError | InvalidAnswerError | None]] = {}
    for together in by_session.values():
        for row, problem in _approve_in_one_session(list(together.values()), person, seen):
            outcomes[row.pk] = row, problem
    return [outcomes[requirement.pk] for requirement in requirements]


def _approve_in_one_session(
    requirements: Sequence[Requirement], person: Person, seen: dict[int, int]
) -> list[tuple[Requirement, AppError | InvalidAnswerError | None]]:
    """Approve each of them that can be. What keeps one from it is found before anything of it is written."""
    outcomes: list[tuple[Requirement, AppError | InvalidAnswerError | None]] = []
    with session_locked(requirements[0].session) as session:
        rows = _locked_rows(session, requirements)
        known = {row.pk: min(seen.get(row.pk, 0), session.last_change) for row in rows}
        grounds = read_steps(grounds_for(rows, person, known))
        for asked, row in zip(requirements, rows, strict=True):
            try:
                # As it was shown; what the customer wrote since is news, which the decision looks at.
                _must_be_one_of_many(asked)
                expired = _decide(row, person, known[row.pk], _approval(None), Decision.Verdict.APPROVED, grounds)
                outcomes.append((row, AlreadyDecided(_already(row), row) if expired else None))
            except (AppError, InvalidAnswerError) as problem:
                outcomes.append((row, problem))
        for root in {row.root_id: row.root for row in rows if row.status != Requirement.Status.PENDING}.values():
            go_on(session, root)
    return outcomes


def _must_be_one_of_many(requirement: Requirement) -> None:
    if requirement.kind != Requirement.Kind.CONFIRMATION or requirement.reason != "policy":
        raise InvalidAction(_("This asks for more than an approval: decide about it by itself."))
    if requirement.look_again:
        raise InvalidAction(_("The customer wrote since this was asked: decide about it by itself."))


def reject(requirement: Requirement, person: Person, *, note: str = "", seen: int) -> Requirement:
    """Do not let the tool run; the model is told the note, without the blanks around it."""
    reason = _checked(note)
    return _settle(requirement, person, seen, lambda asked: asked.reject(note=reason), Decision.Verdict.REJECTED)


def respond(requirement: Requirement, person: Person, *, text: str, seen: int) -> Requirement:
    """Answer in the tool's place: it does not run, and the model is told what the person says.

    In the place of a draft, the customer is told: that is to approve the draft with other words.
    """
    words = _required(text, "text", _("Write what the agent should know."))
    if requirement.reason == "draft":
        return approve(requirement, person, arguments={**requirement.arguments, "text": words}, seen=seen)
    return _settle(requirement, person, seen, lambda asked: asked.respond(words), Decision.Verdict.RESPONDED)


def provide_input(requirement: Requirement, person: Person, *, values: dict[str, Any], seen: int) -> Requirement:
    """Fill the requested fields."""
    _must_fit(values)
    return _settle(requirement, person, seen, lambda asked: asked.provide_user_input(values), Decision.Verdict.ANSWERED)


def choose(requirement: Requirement, person: Person, *, choice: list[str], seen: int) -> Requirement:
    """Choose from the options."""
    return _settle(requirement, person, seen, lambda asked: asked.provide_user_feedback(choice), Decision.Verdict.ANSWERED)


def give_result(requirement: Requirement, person: Person, *, result: str, seen: int) -> Requirement:
    """Give the result of a call that was made outside, or the outcome of an uncertain one."""
    text = _required(result, "result", _("Write what came out of it."))
    given: Answer = lambda asked: asked.set_external_execution_result(text)  # noqa: E731 - as in its siblings
    return _settle(requirement, person, seen, given, Decision.Verdict.ANSWERED)


def _settle(requirement: Requirement, person: Person, seen: int, answer: Answer, verdict: Decision.Verdict) -> Requirement:
    with session_locked(requirement.session) as session:
        row = _locked_rows(session, [requirement])[0]
        # A number that is still to come would count as having seen what is still to be said.
        known = min(seen, session.last_change)
        grounds = read_steps(grounds_for([row], person, {row.pk: known}))
        # The transaction ends before an expiry is reported, so that the expiry is committed.
        expired = _decide(row, person, known, answer, verdict, grounds)
        if not expired and row.status != Requirement.Status.PENDING:
            go_on(session, row.root)
    if expired:
        raise AlreadyDecided(_already(row), row)
    return row


def _locked_rows(session: Session, requirements: Sequence[Requirement]) -> list[Requirement]:
    """The requirements as they are now, in the same order; `session` is theirs and is locked."""
    rows = session.requirements.select_related("run", "root", "decided_by").in_bulk([row.pk for row in requirements])
    # Those of one turn see together whether it goes on.
    turns = {row.root_id: row.root for row in rows.values()}
    for row in rows.values():
        row.root = turns[row.root_id]
    return [rows[requirement.pk] for requirement in requirements]


def _decide(row: Requirement, person: Person, seen: int, answer: Answer, verdict: Decision.Verdict, grounds: Grounds) -> bool:
    """Check everything and store the answer. Returns whether the requirement's time was up instead; then it is expired now.

    The caller lets the turn go on. Every check raises before anything is written.
    """
    if row.status != Requirement.Status.PENDING:
        raise AlreadyDecided(_already(row, person), row)
    if row.root.status != Run.Status.PAUSED:
        raise InvalidAction(_("The turn that asked this does not wait any more."))
    if row.broken:
        raise InvalidAction(
            _("What is stored of this question cannot be read (%(problem)s), so nobody can decide about it. Stop the turn.")
            % {"problem": row.broken}
        )
    grounds.in_force.may_decide(row, person)
    # No decision counts late, also when the scheduler is late itself.
    if row.is_overdue and expire_one(row):
        return True
    grounds.must_know_the_news(row, seen)
    _take(row, person, seen, answer, verdict, grounds)
    return False


def _take(row: Requirement, person: Person, seen: int, answer: Answer, verdict: Decision.Verdict, grounds: Grounds) -> None:
    """Store the answer, or keep it as the first of two approvals."""
    policy = grounds.in_force.policy_of(row)
    asked = requirement_record(row)
    # The number of approvers is checked below, where the people are known; the record alone knows names at best.
    asked.policy = Policy()
    answer(asked)
    runs, given = asked.lets_run, storable_json(asked.effective_arguments)
    if runs:
        grounds.in_force.may_decide(row, person, approving=True)
        demand = policy.demand(given, asked.schema)
        row.risk, row.approvers = demand.risk, demand.approvers
    if runs and row.approvers > 1 and not grounds.completes(row, person, given):
        _keep_first(row, asked, person, seen, given, policy)
        return
    _store(row, asked, person)
    line = {"edited_arguments": given} if asked.kind == "user_input" and runs else {}
    Decision.objects.append(
        row, verdict, person=person, seen=seen, note=_words(asked), policy=storable_json(policy.to_dict()), **line
    )
    payload = OfRequirement(requirement=row.pk, tool=row.tool_name)
    record(row.session, OF_REQUIREMENT_STATUS[row.status], payload, person=person)


def _keep_first(
    row: Requirement, asked: RequirementRecord, person: Person, seen: int, given: dict[str, Any], policy: Policy
) -> None:
    """Keep the first of two approvals: the requirement stays open, with the arguments that the second person is to approve."""
    changed = not same(row.arguments if row.edited_arguments is None else row.edited_arguments, given)
    row.edited_arguments = storable_json(asked.edited_arguments)
    # The filled-in values stand in the second person's form.
    put_values(row, asked)
    row.save(update_fields=["edited_arguments", "fields", "risk", "approvers"])
    line = Decision.objects.append(
        row,
        Decision.Verdict.FIRST_APPROVAL,
        person=person,
        seen=seen,
        edited_arguments=None if same(given, row.arguments) else given,
        policy=storable_json(policy.to_dict()),
    )
    payload = FirstApproval(requirement=row.pk, tool=row.tool_name, changed=changed, line=line.pk)
    record(row.session, Kind.REQUIREMENT_FIRST_APPROVAL, payload, person=person)


def _store(row: Requirement, asked: RequirementRecord, person: Person) -> None:
    put_answer(row, asked)
    columns = ("edited_arguments", "note", "answer", "fields", "decided_at", "risk", "approvers")
    if not row.settle(row.status, decided_by=person, **{name: getattr(row, name) for name in columns}):
        row.refresh_from_db()
        raise AlreadyDecided(_already(row), row)


def _words(asked: RequirementRecord) -> str:
    """Return the person's text with the decision, for the log."""
    if asked.response is not None:
        return asked.response
    if asked.kind != "user_input" and asked.answer is not None:
        return asked.answer if isinstance(asked.answer, str) else json.dumps(asked.answer, ensure_ascii=False)
    return asked.note


def _already(row: Requirement, person: Person | None = None) -> str:
    if row.status == Requirement.Status.EXPIRED:
        return _("Nobody decided in time, so this expired. It can be reopened.")
    decided = Decision.objects.filter(requirement=row).exclude(verdict__in=["executed", "failed"]).order_by("-pk").first()
    if decided is None or decided.verdict == Decision.Verdict.ASKED:
        return _("This is settled already: %(status)s.") % {"status": row.get_status_display()}
    if person is not None and decided.person_id == person.pk:
        return _("You decided this already: %(status)s.") % {"status": decided.get_verdict_display()}
    return _("%(name)s was faster: %(status)s.") % {"name": decided.actor, "status": decided.get_verdict_display()}


def _required(text: str, field: str, wish: str) -> str:
    words = _checked(text)
    if not words:
        raise InvalidAnswerError(wish, {field: wish})
    return words


def _must_fit(values: dict[str, Any] | None) -> None:
    if errors := too_long_inside(values):
        raise InvalidAnswerError(_("Some of this is too long."), errors)


def _checked(text: str) -> str:
    words = trimmed(text)
    if trouble := too_long(words):
        raise InvalidAnswerError(trouble)
    return words
