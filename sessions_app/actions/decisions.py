"""People's answers to what the AI asks. The first answer counts; the last missing one lets the turn go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from kern.errors import InvalidAnswerError
from kern.records.requirement import Requirement as RequirementRecord
from sessions_app.actions.deciding import Answer, Deciding, already_decided
from sessions_app.actions.locking import session_locked, sessions_locked
from sessions_app.actions.reopening import reopen
from sessions_app.actions.standing_approvals import StandingOffer, offer_for
from sessions_app.errors import AlreadyDecided, AppError, InvalidAction
from sessions_app.models import Decision, Person, Requirement, Session
from sessions_app.policy.in_force import same
from sessions_app.validation.text import too_long, too_long_inside, trimmed

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

#: A requirement as it stands now, and what kept it from being approved.
Outcome = tuple[Requirement, AppError | InvalidAnswerError | None]
#: So many conversations are locked at once, at most, while several calls are approved together.
MOST_SESSIONS = 25


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


def approve_many(requirements: Sequence[Requirement], person: Person, *, seen: dict[int, int]) -> list[Outcome]:
    """Approve calls of one tool, each checked and recorded by itself; `seen` has the change seen for each requirement's key.

    Those of up to `MOST_SESSIONS` conversations are approved in one transaction. Returns each requirement as it stands now with
    what kept it from being approved, or `None`: one that needs to be looked at by itself is not. Raises `InvalidAction` for
    calls of several tools.
    """
    if len({requirement.tool_name for requirement in requirements}) > 1:
        raise InvalidAction(_("Only calls of one tool are approved together."))
    outcomes: dict[int, Outcome] = {}
    keys = list(dict.fromkeys(requirement.session_id for requirement in requirements))
    for start in range(0, len(keys), MOST_SESSIONS):
        together = set(keys[start : start + MOST_SESSIONS])
        asked = [requirement for requirement in requirements if requirement.session_id in together]
        with sessions_locked(together) as sessions:
            outcomes |= _approve_locked(sessions, asked, person, seen)
    return [outcomes[requirement.pk] for requirement in requirements]


def _approve_locked(
    sessions: dict[int, Session], requirements: Sequence[Requirement], person: Person, seen: dict[int, int]
) -> dict[int, Outcome]:
    """Approve each of them that can be. What keeps one from it is found before anything of it is written."""
    deciding = Deciding.begin(sessions, requirements, person, seen)
    outcomes: dict[int, Outcome] = {}
    for asked in requirements:
        row = deciding.rows.get(asked.pk)
        try:
            if row is None:
                raise InvalidAction(_("This conversation was erased, or there never was one here."))
            # As it was shown; what the customer wrote since is news, which the decision looks at.
            _must_be_one_of_many(asked)
            in_time = deciding.decide(row, _approval(None), Decision.Verdict.APPROVED)
            outcomes[asked.pk] = row, None if in_time else AlreadyDecided(already_decided(row), row)
        except (AppError, InvalidAnswerError) as problem:
            outcomes[asked.pk] = row or asked, problem
    deciding.end()
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
        deciding = Deciding.begin({session.pk: session}, [requirement], person, {requirement.pk: seen})
        row = deciding.rows[requirement.pk]
        # The transaction ends before an expiry is reported, so that the expiry is committed.
        in_time = deciding.decide(row, answer, verdict)
        deciding.end()
    if not in_time:
        raise AlreadyDecided(already_decided(row), row)
    return row


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
