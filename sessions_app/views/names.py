"""Names of sessions: given by a person, asked of the AI, or taken from before."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kern.errors import InvalidSessionNameError
from sessions_app import access, names
from sessions_app.models import Session
from sessions_app.problems import Refused
from sessions_app.respond import PersonRequest, done, for_people
from sessions_app.views.conversation import back_to, record_or_none


@require_POST
@for_people
def session_name(request: PersonRequest, session_id: str) -> HttpResponse:
    """Rename, restore an earlier name, or ask for a generated one."""
    session = access.session_or_404(request.user, session_id)
    try:
        _rename(request, session)
    except InvalidSessionNameError as invalid:
        raise Refused(str(invalid)) from invalid
    return done(request, back_to(request, session))


def _rename(request: PersonRequest, session: Session) -> None:
    if request.POST.get("do") == "generate":
        names.generate(session, request.user)
    elif "restore" in request.POST:
        record = record_or_none(session, request.POST["restore"])
        if record is None:
            raise Refused(_("That name belongs to another conversation."))
        names.restore(session, request.user, record)
    else:
        names.rename(session, request.user, request.POST.get("name", ""))
