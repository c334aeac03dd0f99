"""Sessions: begin, read, list."""

from __future__ import annotations

from typing import Any, Literal

from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Field, Query, Router
from ninja.responses import Status

from kern.validation.inputs import LONGEST_ID
from sessions_app.actions import customer_attributes, customers
from sessions_app.actions import sessions as session_actions
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.ids import SessionId
from sessions_app.api.pages import Paging, page
from sessions_app.api.schemas.fields import Text
from sessions_app.api.schemas.sessions import SessionIn, SessionOut, SessionPage
from sessions_app.errors import DuplicateId, InvalidAction
from sessions_app.models import Label, Queue, Session, SessionLabel, TicketLink
from sessions_app.models.label import LONGEST_LABEL
from sessions_app.models.session import SessionSet
from sessions_app.models.triage import PRIORITIES
from sessions_app.queries.narrowing import prioritized
from sessions_app.queries.paging import Order
from sessions_app.queries.search import LONGEST_QUERY, matching, words_of
from sessions_app.validation.limits import longest

router = Router()


class SessionFilter(Paging):
    """Filters of sessions."""

    user_id: Text | None = Field(None, min_length=1, max_length=LONGEST_ID, description="Only this customer's.")
    session_id: Text | None = Field(
        None,
        min_length=1,
        max_length=LONGEST_ID,
        description="Only the one of this id, which may have any characters.",
    )
    queue: Text | None = Field(None, max_length=longest(Queue, "slug"), description="Only those of the queue with this slug.")
    q: Text | None = Field(
        None,
        max_length=LONGEST_QUERY,
        description="Only those with all these words, as on the search page: case and accents do not matter. "
        'Operators: from: queue: label: priority: ticket: assignee: is: has: in: before: after: "a phrase" -not.',
    )
    status: Literal["open", "snoozed", "closed", "spam"] | None = Field(None, description="Only those that stand so.")
    waiting_for: Literal["customer", "agent", "person", "nobody"] | None = Field(
        None, description="Only those whose turn it is."
    )
    label: Text | None = Field(None, max_length=LONGEST_LABEL, description="Only those with the label of this name.")
    priority: Literal["urgent", "high", "normal", "low"] | None = Field(None, description="Only those of this priority.")
    needs_person: bool | None = Field(
        None, description="Only those that were handed over to people, none of whom answered yet."
    )


@router.post("", response={200: SessionOut, 201: SessionOut, FAILURES: ErrorOut}, summary="Begin a session", auth=auth.WRITE)
def create_session(request: ApiRequest, session: SessionIn) -> Status[Session]:
    """201 with the new session, or 200 with the one that has this `session_id` and the same customer already: then no `message`
    is sent again. A `message` needs a token that acts for a person, who becomes the assignee."""
    queue = auth.queues(request).filter(slug=session.queue).first()
    if queue is None:
        raise Http404(_("There is no such queue, or this token may not use it."))
    with transaction.atomic():
        begun, is_new = _begun(request, queue, session)
        known = auth.sessions(request).filter(pk=begun.pk).first()
        if known is None:
            raise DuplicateId(_("This session_id is in use by a session that this token does not see."))
        if session.attributes and known.user_id:
            customer_attributes.tell(known.user_id, session.attributes, keep=True)
    return Status(201 if is_new else 200, known)


@router.get("", response={200: SessionPage, FAILURES: ErrorOut}, summary="List sessions", auth=auth.READ)
def list_sessions(request: ApiRequest, wanted: Query[SessionFilter]) -> dict[str, Any]:
    """Newest activity first; of one customer with `user_id`, the one of an id with `session_id`."""
    given = {"session_id": wanted.session_id, "user_id": wanted.user_id, "queue__slug": wanted.queue, "status": wanted.status}
    given["waiting_for"] = wanted.waiting_for
    rows = auth.sessions(request).filter(**{name: value for name, value in given.items() if value is not None})
    if wanted.needs_person is not None:
        rows = rows.filter(person_wanted_at__isnull=not wanted.needs_person)
    if wanted.label is not None:
        rows = rows.filter(pk__in=SessionLabel.objects.filter(label__in=Label.objects.called(wanted.label)).values("session"))
    if wanted.priority is not None:
        rows = prioritized(rows, PRIORITIES[wanted.priority])
    rows = _found(rows, wanted.q or "")
    rows = rows.select_related("queue", "assignee").prefetch_related(
        Prefetch("tickets", TicketLink.objects.select_related("system", "record")),
        Prefetch("labels", SessionLabel.objects.select_related("label")),
    )
    return page(rows, wanted, order=Order.by("-activity_at", "-pk"), shape=SessionOut)


def _begun(request: ApiRequest, queue: Queue, wanted: SessionIn) -> tuple[Session, bool]:
    """The session with that id, begun by its first message to the customer where it has one, else empty."""
    user_id = "" if wanted.user_id is None else wanted.user_id
    if wanted.message is not None:
        customer = {"name": wanted.customer_name, "email": wanted.customer_email, "user_id": user_id}
        person = auth.person(request)
        return customers.begin(queue, person, wanted.message, session_id=wanted.session_id, channel="api", **customer)
    return session_actions.start_session_once(
        queue,
        user_id=user_id,
        customer_name=wanted.customer_name,
        customer_email=wanted.customer_email,
        channel="api",
        session_id=wanted.session_id,
    )


def _found(sessions: SessionSet, query: str) -> SessionSet:
    """Those that fit the query. Raises `InvalidAction` for one that cannot be looked for whole."""
    words = words_of(query, for_person=False)
    if words.refusal:
        raise InvalidAction(words.refusal)
    return matching(sessions, words)


@router.get("/{key:session_id}", response={200: SessionOut, FAILURES: ErrorOut}, summary="Read a session", auth=auth.READ)
def get_session(request: ApiRequest, session_id: SessionId) -> Session:
    """One session, with what was said last and how far it is."""
    return auth.session(request, session_id)
