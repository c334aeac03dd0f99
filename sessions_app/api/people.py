"""The people who work queues: what they have, and whether more is given to them."""

from __future__ import annotations

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Router

from sessions_app.actions import availability
from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.naming import QueueSlug
from sessions_app.api.schemas.people import AvailabilityIn, PersonOut
from sessions_app.models import Person, Queue
from sessions_app.policy.assigning import with_load
from sessions_app.validation.text import searchable

router = Router()


@router.get(
    "/queues/{queue}/people",
    response={200: list[PersonOut], FAILURES: ErrorOut},
    summary="List a queue's people",
    auth=auth.READ,
)
def list_people(request: ApiRequest, queue: QueueSlug) -> list[Person]:
    """The people who can be given sessions of the queue with this slug, by address, with what they have."""
    found: Queue | None = auth.queues(request).filter(slug=searchable(queue)).first()
    if found is None:
        raise Http404(_("There is no such queue, or this token may not use it."))
    return list(with_load(found.members.filter(is_active=True)).order_by("email"))


@router.put(
    "/availability",
    response={200: PersonOut, FAILURES: ErrorOut},
    summary="Set whether sessions are assigned to you",
    auth=auth.WRITE,
)
def set_availability(request: ApiRequest, wanted: AvailabilityIn) -> Person:
    """Of the person as whom the token acts. Who is not available keeps what is theirs, and is given no more automatically."""
    person = auth.person(request)
    availability.put(person, available=wanted.available)
    return with_load(Person.objects.filter(pk=person.pk)).get()
