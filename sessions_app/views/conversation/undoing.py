"""Answers to actions that can be undone, with the offer to undo; and the undoing itself."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sessions_app.actions import sessions, undoing
from sessions_app.errors import InvalidAction
from sessions_app.models import Change, Session
from sessions_app.queries import access
from sessions_app.queries.undo_offers import UNREAD, offer_of
from sessions_app.validation.numbers import row_number
from sessions_app.views.conversation.context import conversation_url
from sessions_app.views.conversation.onwards import Onwards
from sessions_app.views.respond import PersonRequest, done, for_people, respond


def did(request: PersonRequest, session: Session, change: Change | None, place: Onwards) -> HttpResponse:
    """Answer an action with the offer to undo this change; without a change, there is nothing to undo."""
    if change is None:
        return done(request, place.address)
    context = {"undo": offer_of(change, session), "then": place.then, "listed": place.listed}
    location = with_offer(place.address, str(change.pk))
    answer = respond(request, "conversation/_did.html", context, location=location)
    # All of it is for the toasts: the button keeps its content.
    answer["HX-Reswap"] = "none"
    return answer


def with_offer(address: str, what: str) -> str:
    """Return the address of a page that offers to undo this."""
    path, _mark, query = address.partition("#")[0].partition("?")
    said = QueryDict(query, mutable=True)
    said["did"] = what
    return f"{path}?{said.urlencode()}"


@require_POST
@for_people
def session_undo(request: PersonRequest, session_id: str) -> HttpResponse:
    """Undo the person's change of the number `change`, or their mark as unread."""
    session = access.session_or_404(request.user, session_id)
    what = request.POST.get("change", "")
    number = row_number(what)
    if what == f"{UNREAD}{session.pk}":
        sessions.unmark_unread(session, request.user)
    elif number is not None:
        undoing.undo(session, request.user, number)
    else:
        raise InvalidAction(_("This page is out of date: load it again."))
    page = conversation_url(session)
    return respond(request, "conversation/_undone.html", {"session": session, "page": page}, location=page)
