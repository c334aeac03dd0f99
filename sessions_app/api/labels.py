"""Labels of the installation and of sessions, and the priority of sessions."""

from __future__ import annotations

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import P, PathEx, Router
from ninja.responses import Status

from sessions_app.actions import labels, priorities
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import SessionId
from sessions_app.api.pages import sorted_out
from sessions_app.api.schemas.labels import LabelIn, LabelOut, NewLabelIn, PriorityIn
from sessions_app.api.schemas.sessions import SessionOut
from sessions_app.models import Label, Session
from sessions_app.models.triage import PRIORITIES
from sessions_app.validation.numbers import row_number

router = Router()
of_sessions = Router()
LabelId = PathEx[str, P(description="The label's `id`, a number.")]


@router.get("", response={200: list[LabelOut], FAILURES: ErrorOut}, summary="List labels", auth=auth.READ)
def list_labels(request: ApiRequest) -> list[Label]:
    """All labels of the installation, by name; sessions of every queue may have them."""
    return sorted_out(Label.objects.by_name(), LabelOut)[0]


@router.post("", response={201: LabelOut, FAILURES: ErrorOut}, summary="Make a label", auth=auth.WRITE)
def make_label(request: ApiRequest, label: NewLabelIn) -> Status[Label]:
    """422 where there is one of this name already, 403 where only admins make labels and the token acts for none."""
    return Status(201, labels.make(auth.person(request), label.name, label.colour))


@router.put("/{label_id}", response={200: LabelOut, FAILURES: ErrorOut}, summary="Change a label", auth=auth.ADMIN)
def change_label(request: ApiRequest, label_id: LabelId, wanted: NewLabelIn) -> Label:
    """Another name or colour; sessions keep the label. Without a colour it gets one that few labels have."""
    labels.change(_label(label_id), auth.admin(request), wanted.name, wanted.colour)
    return _label(label_id)


@router.delete("/{label_id}", response={204: None, FAILURES: ErrorOut}, summary="Delete a label", auth=auth.ADMIN)
def delete_label(request: ApiRequest, label_id: LabelId) -> Status[None]:
    """It is taken off all sessions."""
    labels.delete(_label(label_id), auth.admin(request))
    return Status(204, None)


@of_sessions.post(
    "/{key:session_id}/labels",
    response={200: LabelOut, FAILURES: ErrorOut},
    summary="Put a label on a session",
    auth=auth.WRITE,
)
def label_session(request: ApiRequest, session_id: SessionId, label: LabelIn) -> Label:
    """One that is not there is made, where the token's person may. Doing it again changes nothing."""
    return labels.add_by_name(auth.session(request, session_id), auth.person(request), label.name)[0]


@of_sessions.delete(
    "/{key:session_id}/labels/{label_id}",
    response={204: None, FAILURES: ErrorOut},
    summary="Take a label off a session",
    auth=auth.WRITE,
)
def unlabel_session(request: ApiRequest, session_id: SessionId, label_id: LabelId) -> Status[None]:
    """Doing it again changes nothing."""
    labels.remove(auth.session(request, session_id), auth.person(request), _label(label_id))
    return Status(204, None)


@of_sessions.put(
    "/{key:session_id}/priority",
    response={200: SessionOut, FAILURES: ErrorOut},
    summary="Set a session's priority",
    auth=auth.WRITE,
)
def prioritize_session(request: ApiRequest, session_id: SessionId, wanted: PriorityIn) -> Session:
    """Urgent, high, normal or low; sessions are normal until it is set."""
    priorities.set_priority(auth.session(request, session_id), auth.person(request), PRIORITIES[wanted.priority])
    return auth.session(request, session_id)


def _label(label_id: str) -> Label:
    number = row_number(label_id)
    found = None if number is None else Label.objects.filter(pk=number).first()
    if found is None:
        raise Http404(_("There is no label of this id."))
    return found
