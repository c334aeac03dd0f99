"""Names of sessions: given by a person, asked of the AI, or taken from before."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kern.errors import InvalidSessionNameError
from sessions_app.actions import name_suggestions, names
from sessions_app.errors import AppError, InvalidAction, StaleError
from sessions_app.models import Person, Session
from sessions_app.queries import access
from sessions_app.validation.numbers import row_number
from sessions_app.views.conversation.context import back_to, record_or_none
from sessions_app.views.respond import PersonRequest, done, for_people, respond

LONGEST_SHOWN = 60
LOCKS: dict[str, Callable[[Session, Person], None]] = {"lock": names.lock, "unlock": names.unlock}


@require_POST
@for_people
def session_name(request: PersonRequest, session_id: str) -> HttpResponse:
    """Rename, restore an earlier name, or ask for a generated one."""
    session = access.session_or_404(request.user, session_id)
    if request.POST.get("do") == "generate":
        names.generate(session, request.user, replace="replace" in request.POST)
    elif request.POST.get("do") in LOCKS:
        LOCKS[request.POST["do"]](session, request.user)
    elif "suggestion" in request.POST:
        _settled(request, session)
    elif "restore" in request.POST:
        record = record_or_none(session, request.POST["restore"])
        if record is None:
            raise InvalidAction(_("That name belongs to another conversation."))
        try:
            names.restore(session, request.user, record)
        except InvalidSessionNameError as invalid:
            raise InvalidAction(_not_saved(record.name, invalid)) from invalid
    else:
        return _renamed(request, session)
    return done(request, back_to(request, session))


def _settled(request: PersonRequest, session: Session) -> None:
    key, wish = row_number(request.POST["suggestion"]) or 0, request.POST.get("do")
    if wish != "accept":
        name_suggestions.dismiss(session, request.user, key, never=wish == "never")
        return
    try:
        name_suggestions.accept(session, request.user, key)
    except InvalidSessionNameError as invalid:
        raise InvalidAction(_("The suggestion was not saved: %(why)s.") % {"why": invalid}) from invalid


def _renamed(request: PersonRequest, session: Session) -> HttpResponse:
    """The answer to a name that was typed; where it is not stored, a plain form gets it back to be typed on."""
    # The proposal of a refusal is a button in the same form.
    typed = request.POST.get("proposal") or request.POST.get("name", "")
    try:
        names.rename(session, request.user, typed, seen=row_number(request.POST.get("version", "")))
    except StaleError as newer:
        return _not_renamed(request, session, typed, newer)
    except InvalidSessionNameError as invalid:
        return _not_renamed(request, session, typed, InvalidAction(_not_saved(typed, invalid)), invalid.proposal)
    return done(request, back_to(request, session))


def _not_saved(name: str, why: InvalidSessionNameError) -> str:
    return _("“%(name)s” was not saved: %(why)s.") % {"name": Truncator(name).chars(LONGEST_SHOWN), "why": why}


def _not_renamed(request: PersonRequest, session: Session, typed: str, refusal: AppError, proposal: str = "") -> HttpResponse:
    """The refusal, beside the field, with a name that passes. One that is about another's change is a toast."""
    session.refresh_from_db()
    context = {"refusal": refusal, "proposal": proposal, "session": session, "typed": typed}
    if not request.htmx:
        back = back_to(request, session)
        return respond(request, "conversation/_not_renamed.html", context, status=refusal.status, location=back)
    if isinstance(refusal, StaleError):
        raise refusal
    response = respond(request, "conversation/_refused_name.html", context, status=refusal.status)
    response["HX-Retarget"] = f"#refused_{session.pk}"
    response["HX-Reswap"] = "innerHTML"
    return response
