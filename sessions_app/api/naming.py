"""Suggested names: list, accept, dismiss; and the naming rules of the desk and its queues, for admins."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from ninja import P as Param
from ninja import PathEx, Query, Router
from ninja.errors import ValidationError

from sessions_app.actions import name_suggestions, naming_rules
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.pages import Paging, page
from sessions_app.api.schemas.naming import DismissIn, NamingRulesIn, NamingRulesOut, SuggestionOut, SuggestionPage
from sessions_app.api.schemas.sessions import SessionOut
from sessions_app.models import NameSuggestion, NamingPolicy, Person, Queue, Session
from sessions_app.queries.paging import Key, Order
from sessions_app.validation.numbers import row_number
from sessions_app.validation.text import searchable
from sessions_app.views.setup.naming_form import NamingForm

router = Router()
NEWEST = Order((Key("pk", descending=True),))

SuggestionId = PathEx[str, Param(description="The suggestion's `id`, a number.")]
QueueSlug = PathEx[str, Param(description="The queue's slug.")]


@router.get(
    "/name-suggestions", response={200: SuggestionPage, FAILURES: ErrorOut}, summary="List suggested names", auth=auth.READ
)
def list_name_suggestions(request: ApiRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Newest first: those that were not answered, and are for the name that the session has now."""
    waiting = _visible(request).filter(state=NameSuggestion.State.OPEN, for_version=F("session__name_version"))
    return page(waiting, wanted, NEWEST, SuggestionOut)


@router.post(
    "/name-suggestions/{suggestion_id}/accept",
    response={200: SessionOut, FAILURES: ErrorOut},
    summary="Accept a suggested name",
    auth=auth.WRITE,
)
def accept_name_suggestion(request: ApiRequest, suggestion_id: SuggestionId) -> Session:
    """The name counts as given by the token's person. Needs a token that acts for a person."""
    suggestion, person = _suggestion(request, suggestion_id), auth.person(request)
    name_suggestions.accept(suggestion.session, person, suggestion.pk)
    return auth.session(request, suggestion.session.session_id)


@router.post(
    "/name-suggestions/{suggestion_id}/dismiss",
    response={200: SessionOut, FAILURES: ErrorOut},
    summary="Dismiss a suggested name",
    auth=auth.WRITE,
)
def dismiss_name_suggestion(request: ApiRequest, suggestion_id: SuggestionId, wanted: DismissIn) -> Session:
    """The name stays; with `never` no other one is suggested here. Needs a token that acts for a person."""
    suggestion, person = _suggestion(request, suggestion_id), auth.person(request)
    name_suggestions.dismiss(suggestion.session, person, suggestion.pk, never=wanted.never)
    return auth.session(request, suggestion.session.session_id)


@router.get("/naming-rules", response={200: NamingRulesOut, FAILURES: ErrorOut}, summary="Read the desk's naming rules")
def get_naming_rules(request: ApiRequest) -> dict[str, Any]:
    """Needs a token that acts for an admin, in all queues."""
    auth.admin(request)
    return _told(None)


@router.patch("/naming-rules", response={200: NamingRulesOut, FAILURES: ErrorOut}, summary="Change the desk's naming rules")
def change_naming_rules(request: ApiRequest, rules: NamingRulesIn) -> dict[str, Any]:
    """Queues follow, but for rules of their own. Needs a token that acts for an admin, in all queues."""
    return _changed(None, auth.admin(request), rules)


@router.get(
    "/queues/{queue}/naming-rules", response={200: NamingRulesOut, FAILURES: ErrorOut}, summary="Read a queue's naming rules"
)
def get_queue_naming_rules(request: ApiRequest, queue: QueueSlug) -> dict[str, Any]:
    """Needs a token that acts for an admin, in all queues."""
    auth.admin(request)
    return _told(_queue(queue))


@router.patch(
    "/queues/{queue}/naming-rules", response={200: NamingRulesOut, FAILURES: ErrorOut}, summary="Change a queue's naming rules"
)
def change_queue_naming_rules(request: ApiRequest, queue: QueueSlug, rules: NamingRulesIn) -> dict[str, Any]:
    """A rule that is set as the desk has it follows the desk. Needs a token that acts for an admin, in all queues."""
    admin = auth.admin(request)
    return _changed(_queue(queue), admin, rules)


@router.delete(
    "/queues/{queue}/naming-rules",
    response={200: NamingRulesOut, FAILURES: ErrorOut},
    summary="Have a queue follow the desk's naming rules",
)
def follow_desk_naming_rules(request: ApiRequest, queue: QueueSlug) -> dict[str, Any]:
    """Its forbidden words stay. Needs a token that acts for an admin, in all queues."""
    admin = auth.admin(request)
    follower = _queue(queue)
    naming_rules.follow_desk(follower, admin)
    return _told(follower)


def _visible(request: ApiRequest) -> QuerySet[NameSuggestion]:
    return NameSuggestion.objects.filter(session__in=auth.sessions(request)).select_related("session")


def _suggestion(request: ApiRequest, key: str) -> NameSuggestion:
    number = row_number(key)
    found = None if number is None else _visible(request).filter(pk=number).first()
    if found is None:
        raise Http404(_("There is no suggestion of this id."))
    return found


def _queue(slug: str) -> Queue:
    found = Queue.objects.filter(slug=searchable(slug)).first()
    if found is None:
        raise Http404(_("There is no queue of this slug."))
    return found


def _changed(queue: Queue | None, admin: Person, rules: NamingRulesIn) -> dict[str, Any]:
    """Put the changed rules in force. Raises `ValidationError` with the reason of each that is wrong."""
    form = NamingForm(queue)
    known = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    changed = NamingForm(queue, {**known, **rules.changes()})
    if not changed.is_valid():
        wrong = changed.errors.items()
        raise ValidationError([{"loc": ("body", "rules", name), "msg": " ".join(map(str, told))} for name, told in wrong])
    naming_rules.save(queue, admin, changed.cleaned_data)
    return _told(queue)


def _told(queue: Queue | None) -> dict[str, Any]:
    row = NamingPolicy.objects.filter(queue=queue).select_related("updated_by").first()
    own = [name for name in naming_rules.COLUMNS if row is not None and getattr(row, name) is not None]
    return {
        **naming_rules.values_of(queue),
        "queue": queue.slug if queue else None,
        "own": own if queue else [],
        "updated_at": row.updated_at if row else None,
        "updated_by": row.updated_by.email if row and row.updated_by else None,
    }
