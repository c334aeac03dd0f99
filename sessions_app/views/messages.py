"""What people write: replies, notes, questions to the agent; and drafts they have the agent write."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sessions_app import access, turns
from sessions_app.forms import ComposerForm
from sessions_app.models import Person, Session
from sessions_app.problems import Newer, Refused
from sessions_app.respond import PersonRequest, for_people, respond
from sessions_app.views.conversation import back_to, composer_context

COMPOSER = "sessions/_composer.html"


@require_POST
@for_people
def session_messages(request: PersonRequest, session_id: str) -> HttpResponse:
    """Send a reply, keep a note or ask the agent; what was typed stays in the box when it did not go."""
    session = access.session_or_404(request.user, session_id)
    form = ComposerForm(request.POST)
    typed = {"body": request.POST.get("body", ""), "kind": request.POST.get("kind", "reply"), "session": session}
    if not form.is_valid():
        error = next(iter(form.errors.get("body", [])), _("This page is out of date: load it again."))
        return _again(request, session, {**typed, "error": error}, 422)
    try:
        _write(session, request.user, form, request.POST.get("do", ""))
    except Newer as newer:
        # Sending once more goes on from here: the person is told what is new, and says so again.
        return _again(request, session, {**typed, "newer": newer.changes, "seen": newer.changes[-1].pk}, 409)
    except Refused as refused:
        return _again(request, session, {**typed, "error": refused.message, "seen": form.cleaned_data["seen"]}, 422)
    fresh = access.session_or_404(request.user, session_id)
    context = composer_context(request, fresh)
    if request.POST.get("do") == "draft":
        # The words in the box were not sent anywhere: they stay, and so does what their writer has seen.
        context |= {"body": typed["body"], "kind": typed["kind"], "seen": form.cleaned_data["seen"]}
    return respond(request, COMPOSER, context, location=back_to(request, fresh))


@for_people
def session_composer(request: PersonRequest, session_id: str) -> HttpResponse:
    """The composer with an agent's draft in it, below what was typed already; that stays a note if it was one."""
    session = access.session_or_404(request.user, session_id)
    context = composer_context(request, session)
    form = ComposerForm(request.GET)
    if form.is_valid() and (typed := form.cleaned_data["body"].strip()):
        words = "\n\n".join(part for part in (typed, context["body"]) if part)
        context |= {"body": words, "kind": form.cleaned_data["kind"], "seen": form.cleaned_data["seen"]}
    return render(request, COMPOSER, context)


def _write(session: Session, person: Person, form: ComposerForm, button: str) -> None:
    kind, words = form.cleaned_data["kind"], form.cleaned_data["body"]
    if button == "draft":
        turns.draft(session, person)
    elif kind == "note":
        turns.note(session, person, words)
    elif kind == "ask":
        turns.ask_agent(session, person, words)
    else:
        turns.reply(session, person, words, seen=form.cleaned_data["seen"])
        if button == "send-resolve":
            turns.resolve(session, person)


def _again(request: PersonRequest, session: Session, context: dict[str, Any], status: int) -> HttpResponse:
    context = {**composer_context(request, session), **context}
    return respond(request, COMPOSER, context, status=status, location=back_to(request, session))
