"""Merges of two sessions, and pairs that are kept apart. Needs a token that acts for a person."""

from __future__ import annotations

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import P, PathEx, Router
from ninja.responses import Status

from sessions_app.actions import apart, merging
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.schemas.merges import MergeIn, MergeOut, PairIn
from sessions_app.api.schemas.sessions import SessionOut
from sessions_app.models import Merge, Session
from sessions_app.validation.numbers import row_number

router = Router()
MergeId = PathEx[str, P(description="The merge's `id`, a number.")]


@router.post("", response={201: MergeOut, FAILURES: ErrorOut}, summary="Merge two sessions", auth=auth.WRITE)
def merge_sessions(request: ApiRequest, wanted: MergeIn) -> Status[Merge]:
    """They read as one timeline, and both ids and customers' links lead to the kept one. It can be undone for 30 days.

    Refused while a turn works in one of them, while both wait for a decision, and for two different customers.
    """
    kept, merged = auth.session(request, wanted.kept), auth.session(request, wanted.merged)
    named = merged if wanted.name_of == "merged" else kept
    return Status(201, merging.merge(kept, merged, auth.person(request), name_of=named.session_id))


@router.put("/apart", response={204: None, FAILURES: ErrorOut}, summary="Keep two sessions apart, or not", auth=auth.WRITE)
def keep_sessions_apart(request: ApiRequest, pair: PairIn) -> Status[None]:
    """While they are kept apart, no page offers to merge these two, which carry the same ticket."""
    one, other = (auth.session(request, key) for key in pair.sessions)
    (apart.keep_apart if pair.apart else apart.offer_again)(one, other, auth.person(request))
    return Status(204, None)


@router.get("/{merge_id}", response={200: MergeOut, FAILURES: ErrorOut}, summary="Read a merge", auth=auth.READ)
def get_merge(request: ApiRequest, merge_id: MergeId) -> Merge:
    """One merge into a session that the token sees."""
    return _merge(request, merge_id)


@router.post("/{merge_id}/undo", response={200: SessionOut, FAILURES: ErrorOut}, summary="Undo a merge", auth=auth.WRITE)
def undo_merge(request: ApiRequest, merge_id: MergeId) -> Session:
    """The session that is there again. What came since the merge stays in the kept one."""
    back = merging.undo(_merge(request, merge_id), auth.person(request))
    return auth.session(request, back.session_id)


def _merge(request: ApiRequest, merge_id: str) -> Merge:
    number = row_number(merge_id)
    seen = Merge.objects.filter(kept__in=auth.sessions(request)).select_related("kept", "merged")
    found = None if number is None else seen.filter(pk=number).first()
    if found is None:
        raise Http404(_("There is no merge of this id."))
    return found
