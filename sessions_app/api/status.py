"""A session's status, assignee and queue. Changing them needs a token that acts for a person."""

from __future__ import annotations

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Router
from ninja.errors import ValidationError

from sessions_app.actions import moving, sessions, spam
from sessions_app.actions.locking import session_seen
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import SessionId
from sessions_app.api.schemas.sessions import SessionOut
from sessions_app.api.schemas.status import AssigneeIn, QueueIn, StatusIn
from sessions_app.models import Person, Session

router = Router()


@router.put(
    "/{key:session_id}/status",
    response={200: SessionOut, FAILURES: ErrorOut},
    summary="Close, open or snooze a session, or mark it as spam",
    auth=auth.WRITE,
)
def set_session_status(request: ApiRequest, session_id: SessionId, wanted: StatusIn) -> Session:
    """`snoozed` lasts `until` a moment, or until the customer writes where that is null. What a closed session asked people is
    dropped; the customer's next message opens it again. What comes in `spam` changes nothing, until it is `open` again.
    409 `newer` when something was said or asked after `seen`.
    """
    session, person = auth.session(request, session_id), auth.person(request)
    with session_seen(session, person, wanted.seen):
        if wanted.status == "closed":
            sessions.resolve(session, person)
        elif wanted.status == "spam":
            spam.mark(session, person)
        elif wanted.status == "snoozed":
            sessions.snooze(session, person, wanted.until)
        else:
            sessions.reopen(session, person)
    return auth.session(request, session_id)


@router.put(
    "/{key:session_id}/assignee", response={200: SessionOut, FAILURES: ErrorOut}, summary="Assign a session", auth=auth.WRITE
)
def assign_session(request: ApiRequest, session_id: SessionId, wanted: AssigneeIn) -> Session:
    """To a person who works its queue, by email address, or to none with null. 409 `newer` as for the status."""
    session, person = auth.session(request, session_id), auth.person(request)
    assignee = None if wanted.assignee is None else _person(wanted.assignee)
    with session_seen(session, person, wanted.seen):
        sessions.assign(session, person, assignee)
    return auth.session(request, session_id)


@router.put(
    "/{key:session_id}/queue",
    response={200: SessionOut, FAILURES: ErrorOut},
    summary="Move a session to a queue",
    auth=auth.WRITE,
)
def move_session(request: ApiRequest, session_id: SessionId, wanted: QueueIn) -> Session:
    """The new queue's agent answers from then on. Not possible while a turn is active.

    An assignee who does not work the queue loses the session. 409 `newer` as for the status.
    """
    session, person = auth.session(request, session_id), auth.person(request)
    queue = auth.queues(request).filter(slug=wanted.queue).first()
    if queue is None:
        raise Http404(_("There is no such queue, or this token may not use it."))
    with session_seen(session, person, wanted.seen):
        moving.move(session, person, queue)
    return auth.session(request, session_id)


def _person(email: str) -> Person:
    """Return the person of this address. Raises `ValidationError` when no active account has it."""
    person = Person.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if person is None:
        message = _("Nobody who works here has this email address.")
        raise ValidationError([{"loc": ("body", "wanted", "assignee"), "msg": message}])
    return person
