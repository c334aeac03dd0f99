"""The composer: replies, notes, questions to the agent, unsent text, and drafts of the agent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sessions_app.actions import messages, private_turns, sessions, unsent
from sessions_app.errors import InvalidAction, StaleError
from sessions_app.models import Person, Session
from sessions_app.queries import access
from sessions_app.text.formatting import markdown_html
from sessions_app.validation.numbers import row_number
from sessions_app.validation.text import too_long, trimmed
from sessions_app.views.conversation.context import back_to, below, composer_context, draft_of
from sessions_app.views.forms import ComposerForm, UnsentForm
from sessions_app.views.respond import PersonRequest, for_people, respond

COMPOSER = "conversation/_composer.html"


@require_POST
@for_people
def session_messages(request: PersonRequest, session_id: str) -> HttpResponse:
    """Send a reply, keep a note or ask the agent; what was typed stays in the box when it did not go."""
    session = access.session_or_404(request.user, session_id)
    form = ComposerForm(request.POST)
    typed = _typed(request)
    if not form.is_valid():
        error = next(iter(form.errors.get("body", [])), _("This page is out of date: load it again."))
        return _again(request, session, {**typed, "error": error}, 422)
    try:
        _write(session, request.user, form, request.POST.get("do", ""))
    except StaleError as newer:
        # Sending once more goes on from here: the person is told what is new, and says so again.
        return _again(request, session, {**typed, "newer": newer.changes, "seen": newer.changes[-1].pk}, 409)
    except InvalidAction as refused:
        return _again(request, session, {**typed, "error": refused.message, "seen": form.cleaned_data["seen"]}, 422)
    fresh = access.session_or_404(request.user, session_id)
    # A private mode stays selected, so that the next text does not go to the customer by mistake.
    kind = form.cleaned_data["kind"]
    context = {**composer_context(request, fresh), "kind": kind}
    if request.POST.get("do") == "draft":
        # The words in the box were not sent anywhere: they stay, and so does what their writer has seen.
        context |= {**typed, "session": fresh, "seen": form.cleaned_data["seen"]}
    return respond(request, COMPOSER, context, location=_in_mode(back_to(request, fresh), kind))


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def session_composer(request: PersonRequest, session_id: str) -> HttpResponse:
    """The composer with an agent's draft in it, below what was typed already; that stays a note if it was one."""
    session = access.session_or_404(request.user, session_id)
    context = composer_context(request, session)
    # Typed words are posted: an address has no room for long ones.
    form = ComposerForm(request.POST or request.GET)
    if form.is_valid():
        typed = form.cleaned_data["body"]
        context |= {"body": below(typed, draft_of(request, session)), "seen": form.cleaned_data["seen"]}
        context |= {"kind": form.cleaned_data["kind"] if typed.strip() else "reply"}
    return render(request, COMPOSER, context)


@require_POST
@for_people
def session_preview(request: PersonRequest, session_id: str) -> HttpResponse:
    """Preview of the typed text; without htmx the page with the composer and the preview in it."""
    session = access.session_or_404(request.user, session_id)
    typed = _typed(request)
    words = trimmed(typed["body"])
    # Text that can't be sent is not formatted: that takes as long as it has letters.
    trouble = too_long(words)
    context = {**composer_context(request, session), **typed, "preview": "" if trouble else markdown_html(words)}
    context |= {"too_long": trouble}
    if request.htmx:
        return render(request, "conversation/_preview.html", context)
    return render(request, "conversation/preview.html", {**context, "back": back_to(request, session)})


@require_POST
@for_people
def session_unsent(request: PersonRequest, session_id: str) -> HttpResponse:
    """Keep what stands in the composer, or settle what another page of the same person had there (`do` is `add` or `drop`)."""
    session = access.session_or_404(request.user, session_id)
    form = UnsentForm(request.POST)
    if not form.is_valid():
        raise InvalidAction(_("This page is out of date: load it again."))
    said, person, button = form.cleaned_data, request.user, request.POST.get("do")
    if button not in ("add", "drop"):
        kept = unsent.keep(session, person, said["kind"], said["body"], base=said["base"], page=said["page"])
        return render(request, "conversation/_unsent.html", {"session": session, "unsent": kept})
    kept = unsent.settle_elsewhere(session, person, said["kind"], said["body"], add=button == "add")
    context = {**composer_context(request, session), **_typed(request), "unsent": kept, "body": kept.text, "kind": kept.kind}
    return respond(request, COMPOSER, context, location=back_to(request, session))


def _typed(request: PersonRequest) -> dict[str, Any]:
    """The composer as it was posted."""
    typed = {"body": request.POST.get("body", ""), "kind": request.POST.get("kind", "reply")}
    seen = row_number(request.POST.get("seen", ""))
    return typed if seen is None else {**typed, "seen": seen}


def _write(session: Session, person: Person, form: ComposerForm, button: str) -> None:
    said = form.cleaned_data
    if button == "draft":
        private_turns.draft(session, person)
        return
    with transaction.atomic():
        unsent.sent(session, person, said["kind"], said["body"], base=said["base"], page=said["page"])
        if said["kind"] == "note":
            messages.note(session, person, said["body"])
        elif said["kind"] == "ask":
            private_turns.ask_agent(session, person, said["body"])
        else:
            messages.reply(session, person, said["body"], seen=said["seen"])
        if said["kind"] == "reply" and button == "send-resolve":
            sessions.resolve(session, person)


def _again(request: PersonRequest, session: Session, context: dict[str, Any], status: int) -> HttpResponse:
    context = {**composer_context(request, session), **context}
    return respond(request, COMPOSER, context, status=status, location=back_to(request, session))


def _in_mode(address: str, kind: str) -> str:
    """The page's address with the composer as it was: `write=note` and `write=ask` are private."""
    parts = urlsplit(address)
    query = QueryDict(parts.query, mutable=True)
    if kind == query.get("write", "reply"):
        return address
    query.pop("write", None)
    if kind != "reply":
        query["write"] = kind
    return urlunsplit(parts._replace(query=query.urlencode(safe="/:")))
