"""Requirements of paused runs, and the answers to them."""

from __future__ import annotations

from typing import Any, Literal

from django.utils.translation import gettext as _
from ninja import Field, Query, Router
from ninja.errors import ValidationError
from ninja.responses import Status

from sessions_app.actions import decisions
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import RequirementId, SessionId
from sessions_app.api.pages import Paging, must_be_readable, page
from sessions_app.api.schemas.requirements import DecisionIn, RequirementOut, RequirementPage
from sessions_app.models import Person, Requirement
from sessions_app.models.requirement import RequirementSet
from sessions_app.queries.paging import Order

router = Router()

#: The fields of each action; those of another one would be ignored.
CARRIED = {
    "approve": "arguments",
    "reject": "note",
    "input": "values",
    "choose": "choice",
    "result": "result",
    "respond": "response",
}


class RequirementFilter(Paging):
    """Filters of requirements."""

    status: Literal["pending", "any"] = Field(
        "pending", description="`pending` waits for an answer, `any` has those with one, too."
    )


@router.get("/requirements", response={200: RequirementPage, FAILURES: ErrorOut}, summary="List requirements", auth=auth.READ)
def list_requirements(request: ApiRequest, wanted: Query[RequirementFilter]) -> dict[str, Any]:
    """Oldest first, of all sessions the token sees; those without an answer unless `status=any`."""
    return _page(Requirement.objects.filter(session__in=auth.sessions(request)), wanted)


@router.get(
    "/sessions/{key:session_id}/requirements",
    response={200: RequirementPage, FAILURES: ErrorOut},
    summary="List a session's requirements",
    auth=auth.READ,
)
def list_session_requirements(request: ApiRequest, session_id: SessionId, wanted: Query[RequirementFilter]) -> dict[str, Any]:
    """Oldest first; those without an answer unless `status=any`."""
    return _page(Requirement.objects.filter(session=auth.session(request, session_id)), wanted)


@router.get(
    "/requirements/{requirement_id}",
    response={200: RequirementOut, FAILURES: ErrorOut},
    summary="Read a requirement",
    auth=auth.READ,
)
def get_requirement(request: ApiRequest, requirement_id: RequirementId) -> Requirement:
    """One requirement: what is asked, who may answer until when, and the answer once there is one."""
    found = auth.requirement(request, requirement_id)
    must_be_readable(found)
    return found


@router.post(
    "/requirements/{requirement_id}/decision",
    response={200: RequirementOut, FAILURES: ErrorOut},
    summary="Answer a requirement",
    auth=auth.DECIDE,
)
def answer_requirement(request: ApiRequest, requirement_id: RequirementId, decision: DecisionIn) -> Requirement:
    """Answer it: 409 `already_decided` when another person was faster, 409 `newer` after unseen news (see `seen`).

    `newer` means that the customer wrote or another person approved it after `seen`; 403 that the policy does not let this
    person decide. Where two people must agree, the first approval leaves it `pending`. To `respond` to a draft is to send these
    words in its place.

    Needs a token that acts for a person.
    """
    found = auth.requirement(request, requirement_id)
    _refuse_foreign(decision)
    _decide(found, auth.person(request), decision)
    return auth.requirement(request, requirement_id)


@router.post(
    "/requirements/{requirement_id}/reopen",
    response={201: RequirementOut, FAILURES: ErrorOut},
    summary="Ask again what expired",
    auth=auth.DECIDE,
)
def reopen_requirement(request: ApiRequest, requirement_id: RequirementId) -> Status[Requirement]:
    """201 with the new requirement, in a new paused run. Needs a token that acts for a person."""
    again = decisions.reopen(auth.requirement(request, requirement_id), auth.person(request))
    return Status(201, auth.requirement(request, again.requirement_id))


def _refuse_foreign(decision: DecisionIn) -> None:
    """Raise `ValidationError` for fields of another action than the decision's."""
    foreign = [(name, action) for action, name in CARRIED.items() if action != decision.action and getattr(decision, name)]
    if foreign:
        message = _("It goes with %(action)s, not with %(other)s.")
        raise ValidationError(
            [
                {"loc": ("body", "decision", name), "msg": message % {"action": action, "other": decision.action}}
                for name, action in foreign
            ]
        )


def _decide(requirement: Requirement, person: Person, decision: DecisionIn) -> None:
    seen = decision.seen
    if decision.action == "reject":
        decisions.reject(requirement, person, note=decision.note, seen=seen)
    elif decision.action == "approve":
        decisions.approve(requirement, person, arguments=decision.arguments, seen=seen)
    elif decision.action == "input":
        decisions.provide_input(requirement, person, values=decision.values, seen=seen)
    elif decision.action == "choose":
        decisions.choose(requirement, person, choice=decision.choice, seen=seen)
    elif decision.action == "respond":
        decisions.respond(requirement, person, text=decision.response, seen=seen)
    else:
        decisions.give_result(requirement, person, result=decision.result, seen=seen)


def _page(rows: RequirementSet, wanted: RequirementFilter) -> dict[str, Any]:
    if wanted.status == "pending":
        rows = rows.pending()
    rows = rows.select_related("session", "run", "root", "decided_by", "asked_for_by", "reopened_from")
    return page(rows, wanted, order=Order.by("pk"), shape=RequirementOut)
