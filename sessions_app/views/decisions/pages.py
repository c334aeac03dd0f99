"""Decisions: a card in one of its modes, the answer to it, several answers at once, and a requirement's history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kern.errors import InvalidAnswerError
from sessions_app.actions import decisions, handover
from sessions_app.changes.kinds import Kind
from sessions_app.errors import AlreadyDecided, AppError, Forbidden, InvalidAction, StaleError
from sessions_app.models import Message, Person, Requirement
from sessions_app.queries import access
from sessions_app.queries.decision_list import next_after
from sessions_app.validation.argument_fields import Field
from sessions_app.validation.argument_values import values_of
from sessions_app.validation.numbers import row_number
from sessions_app.views.conversation.cards import Card
from sessions_app.views.conversation.context import back_to, conversation_url
from sessions_app.views.decisions.history import story_context
from sessions_app.views.forms import SeenForm
from sessions_app.views.respond import PersonRequest, done, for_people, respond

CARD = "decisions/_card.html"
MODES = ("edit", "reject", "respond")
#: Origins of answers without a card for errors: a row of the list, or a page that went on already.
WITHOUT_CARD = ("row", "behind")


@require_safe
@for_people
def requirement(request: PersonRequest, pk: int) -> HttpResponse:
    """The history of one requirement."""
    asked = access.requirement_or_404(request.user, pk)
    return render(request, "decisions/story.html", story_context(request, asked))


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def requirement_decision(request: PersonRequest, pk: int) -> HttpResponse:
    """GET shows the card (`mode` edit, reject or respond), POST answers the requirement."""
    asked = access.requirement_or_404(request.user, pk)
    if request.method != "POST":
        mode = request.GET.get("mode", "")
        card = Card(asked, asked.session.last_change, mode if mode in MODES else "", news=_news(asked), reader=request.user)
        return render(request, CARD, {"card": card})
    form = SeenForm(request.POST)
    if not form.is_valid():
        raise InvalidAction(_("This page is out of date: load it again."))
    return _decide(request, asked, form.cleaned_data["seen"])


@require_POST
@for_people
def requirements_together(request: PersonRequest) -> HttpResponse:
    """Approve the selected calls of one tool; each is checked and recorded on its own."""
    if request.POST.get("scope") == "matching":
        raise InvalidAction(_("Only calls that you ticked are approved together, not all that match: you must have seen them."))
    seen = dict(_selected(pair) for pair in request.POST.getlist("requirement"))
    asked = access.requirements_or_404(request.user, list(seen))
    if not asked:
        raise InvalidAction(_("Select calls first."))
    if len({row.tool_name for row in asked}) > 1:
        raise InvalidAction(_("Select calls of one tool: those are approved together."))
    outcomes = decisions.approve_many(asked, request.user, seen=seen)
    failed = [(row, str(trouble)) for row, trouble in outcomes if trouble is not None]
    location = reverse("inbox", args=["decisions"])
    approved = [row for row, trouble in outcomes if trouble is None and row.status != Requirement.Status.PENDING]
    context = {
        "approved": len(approved),
        "first": len(outcomes) - len(failed) - len(approved),
        "failed": failed,
        "tool": asked[0].tool_name,
        "offer": decisions.offer_for(approved[-1]) if approved else None,
    }
    if not failed:
        return respond(request, "decisions/_approved.html", context, location=location)
    # Some were approved, so the page has to catch up, as after a success.
    return respond(request, "decisions/_partly.html", context, status=200 if request.htmx else 422, location=location)


@require_POST
@for_people
def requirement_reopen(request: PersonRequest, pk: int) -> HttpResponse:
    """Reopen an expired requirement."""
    asked = access.requirement_or_404(request.user, pk)
    decisions.reopen(asked, request.user)
    return done(request, conversation_url(asked.session, "decisions"))


def _selected(pair: str) -> tuple[int, int]:
    key, seen = map(row_number, pair.partition(":")[::2])
    if key is None or seen is None:
        raise InvalidAction(_("This page is out of date: load it again."))
    return key, seen


def _decide(request: PersonRequest, asked: Requirement, seen: int) -> HttpResponse:
    answer = request.POST.get("answer", "")
    mode = next((mode for mode in MODES if answer.startswith(mode)), "")
    card = Card(asked, seen, mode, request.POST, reader=request.user)
    back = back_to(request, asked.session)
    try:
        decided = _verb(request, card, answer)()
    except (AlreadyDecided, StaleError, InvalidAnswerError, InvalidAction, Forbidden) as problem:
        return _not_decided(request, card, problem, back)
    offer = decisions.offer_for(decided) if answer in ("approve", "edit") else None
    context = {"requirement": decided, "offer": offer}
    # htmx finds the next one in the page's own list.
    location = "" if request.htmx else _onwards(request, asked, back, offered=bool(offer))
    return respond(request, "decisions/_decided.html", context, location=location)


def _not_decided(request: PersonRequest, card: Card, problem: Exception, back: str) -> HttpResponse:
    """The card as it stands now with what is wrong; where no card is on the screen (any more), a toast that leads to it."""
    if request.POST.get("from") in WITHOUT_CARD:
        return _said_in_a_toast(request, card.requirement, problem)
    status = 422
    if isinstance(problem, AlreadyDecided):
        card, status = Card(problem.requirement, card.seen, posted=card.posted, newer=True, reader=card.reader), 409
    elif isinstance(problem, StaleError):
        card.requirement.refresh_from_db()
        card.newer, card.seen, card.news = (
            True,
            problem.changes[-1].pk,
            _news(card.requirement, always=any(change.kind == Kind.MESSAGE_CUSTOMER for change in problem.changes)),
        )
        status = 409
    else:
        card.message, card.errors = str(problem), getattr(problem, "errors", {})
        if card.errors and not card.other_errors:
            # Each field says what is wrong with it; the line above them only says that something is.
            card.message = _("Some of this does not fit yet.")
    return respond(request, CARD, {"card": card}, status=status, location=back)


def _said_in_a_toast(request: PersonRequest, asked: Requirement, problem: Exception) -> HttpResponse:
    if not request.htmx:
        raise problem if isinstance(problem, AppError) else InvalidAction(str(problem)) from problem
    status = 409 if isinstance(problem, (AlreadyDecided, StaleError)) else 422
    page = conversation_url(asked.session, "decisions", f"?at={asked.pk}")
    context = {"requirement": asked, "why": str(problem), "page": page}
    response = render(request, "decisions/_not_decided.html", context, status=status)
    # Each says what became of another one, so none takes another's place.
    response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "beforeend"
    return response


def _onwards(request: PersonRequest, decided: Requirement, back: str, *, offered: bool) -> str:
    """Return the target of a plain form: the next decision for people who work the decisions, else the page it came from."""
    offer = f"offer={decided.pk}"
    following = next_after(decided, request.user)
    if following is not None and "/decisions/" in back:
        query = f"?at={following.pk}&{offer}" if offered else f"?at={following.pk}"
        return conversation_url(following.session, "decisions", f"{query}#requirement_{following.pk}")
    path, _hash, _anchor = back.partition("#")
    # Without `edit` and its like: the card that they open is answered.
    path = path.partition("?")[0]
    return f"{path}?{offer}" if offered else path


def _verb(request: PersonRequest, card: Card, answer: str) -> Callable[[], Requirement]:
    """The verb that the pressed button means, with what was filled in; it may raise `InvalidAnswerError`."""
    asked, person, seen, post = card.requirement, request.user, card.seen, request.POST
    verbs: dict[str, Callable[[], Requirement]] = {
        "approve": lambda: decisions.approve(asked, person, seen=seen),
        "edit": lambda: decisions.approve(asked, person, arguments=_filled(card.editable), seen=seen),
        "reject": lambda: _reject(card, person, post.get("note", "")),
        "reject-take-over": lambda: _reject_and_take_over(card, person, post.get("note", "")),
        "respond": lambda: decisions.respond(asked, person, text=post.get("text", ""), seen=seen),
        "input": lambda: decisions.provide_input(asked, person, values=_filled(card.asked), seen=seen),
        "choose": lambda: decisions.choose(asked, person, choice=post.getlist("choice"), seen=seen),
        "result": lambda: decisions.give_result(asked, person, result=post.get("result", ""), seen=seen),
    }
    if answer not in verbs:
        raise InvalidAction(_("This page is out of date: load it again."))
    return verbs[answer]


def _reject(card: Card, person: Person, note: str) -> Requirement:
    if not note.strip():
        raise InvalidAnswerError(_("Say why: the agent reads it."))
    return decisions.reject(card.requirement, person, note=note, seen=card.seen)


def _reject_and_take_over(card: Card, person: Person, note: str) -> Requirement:
    """Both or nothing: in between, a worker would go on with the turn."""
    with transaction.atomic():
        decided = _reject(card, person, note)
        handover.take_over(card.requirement.session, person)
    return decided


def _filled(fields: list[Field]) -> dict[str, Any]:
    values, errors = values_of(fields)
    if errors:
        raise InvalidAnswerError(_("Some of this does not fit yet."), errors)
    return values


def _news(asked: Requirement, *, always: bool = False) -> Message | None:
    if not (always or asked.look_again):
        return None
    written = asked.session.messages.filter(author_kind=Message.Author.CUSTOMER)
    return written.order_by("-pk").first()
