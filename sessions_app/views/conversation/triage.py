"""Labels and priority of one session."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sessions_app.actions import labels, priorities
from sessions_app.errors import InvalidAction
from sessions_app.models import Label
from sessions_app.models.triage import PRIORITIES
from sessions_app.queries import access, label_choices
from sessions_app.validation.numbers import row_number
from sessions_app.validation.text import searchable
from sessions_app.views.conversation.onwards import staying
from sessions_app.views.conversation.undoing import did
from sessions_app.views.respond import PersonRequest, for_people


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def session_labels(request: PersonRequest, session_id: str) -> HttpResponse:
    """The choices that fit the typed words; POST puts a label on, or takes one off."""
    session = access.session_or_404(request.user, session_id)
    if request.method != "POST":
        choices = label_choices.choices_for(session, request.user, searchable(request.GET.get("label", "")))
        return render(request, "conversation/handling/_choices.html", {"session": session, "choices": choices})
    if "remove" in request.POST:
        change = labels.remove(session, request.user, _label(request.POST["remove"]))
    elif "add" in request.POST:
        change = labels.add(session, request.user, _label(request.POST["add"]))
    else:
        _made, change = labels.add_by_name(session, request.user, request.POST.get("label", ""))
    return did(request, session, change, staying(request, session))


@require_POST
@for_people
def session_priority(request: PersonRequest, session_id: str) -> HttpResponse:
    """Set the priority of the session."""
    session = access.session_or_404(request.user, session_id)
    wanted = PRIORITIES.get(request.POST.get("priority", ""))
    if wanted is None:
        raise InvalidAction(_("Choose a priority: urgent, high, normal or low."))
    change = priorities.set_priority(session, request.user, wanted)
    return did(request, session, change, staying(request, session))


def _label(key: str) -> Label:
    label = Label.objects.filter(pk=row_number(key) or 0).first()
    if label is None:
        raise InvalidAction(_("This label is not there any more."))
    return label
