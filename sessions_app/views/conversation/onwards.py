"""The place to which resolving and snoozing lead: the next conversation, the list, or nowhere, as the person wants."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import Http404, QueryDict
from django.urls import Resolver404, resolve, reverse

from sessions_app.models import Person, Session
from sessions_app.queries.filters import Filters
from sessions_app.queries.inbox_views import rail
from sessions_app.queries.next_session import next_after
from sessions_app.views.conversation.context import back_to, conversation_url
from sessions_app.views.respond import PersonRequest


@dataclass(frozen=True)
class Onwards:
    """The place to go on to: for a plain form its address, for a page with scripts the person's choice and the list's."""

    address: str
    then: str = ""
    listed: str = ""


def staying(request: PersonRequest, session: Session) -> Onwards:
    """Return the page that the form came from."""
    return Onwards(back_to(request, session))


def onwards(request: PersonRequest, session: Session) -> Onwards:
    """Return where resolving or snoozing leads the person. Ask before: afterwards the session is in another list."""
    back, wish = back_to(request, session), request.user.onwards
    if wish == Person.Onwards.STAY:
        return Onwards(back)
    where, sent = _list_of(back)
    try:
        shown = rail(request.user, where)
    except Http404:
        # A label or a saved view that is not there any more.
        return Onwards(conversation_url(session))
    filters = Filters.of(sent, shown.saved_filters).changed_by(details=False)
    listed = reverse("inbox", args=[where]) + filters.suffix
    if request.htmx:
        return Onwards(back, wish, listed)
    following = next_after(session, request.user, shown, filters) if wish == Person.Onwards.NEXT else None
    return Onwards(conversation_url(following, where, filters.suffix) if following else listed)


def _list_of(address: str) -> tuple[str, QueryDict]:
    """Return the view of an address of the inbox, with its parameters; all open conversations for any other page."""
    parts = urlsplit(address)
    try:
        where = resolve(parts.path).kwargs.get("where", "open")
    except Resolver404:
        where = "open"
    return where, QueryDict(parts.query)
