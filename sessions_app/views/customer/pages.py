"""Customers' pages to write and read without an account: the secret link gives access to the conversation.

No action depends on a cookie, so there is none and no CSRF token either. A customer sees their own messages and those sent to
them; never tools, notes, names or anything else of the desk.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from sessions_app import ratelimit
from sessions_app.actions import customer_links, escalation, sessions
from sessions_app.actions import messages as message_actions
from sessions_app.actions.customer_links import session_of
from sessions_app.errors import IdempotencyConflict, InvalidAction, LimitReached
from sessions_app.infrastructure.ids import secret_hash
from sessions_app.infrastructure.one_statement import Steps
from sessions_app.models import Queue, Run, Session
from sessions_app.models.person_wanted import Reason
from sessions_app.models.queue import AiMode
from sessions_app.models.run import ACTIVE_RUN
from sessions_app.policy import disclosure
from sessions_app.queries.paging import Order
from sessions_app.queries.snapshot import consistent_read
from sessions_app.validation.numbers import row_number
from sessions_app.views.conversation.whole_texts import as_text
from sessions_app.views.customer.forms import MessageForm, WriteForm
from sessions_app.views.customer.guard import about, later, private, too_often
from sessions_app.views.live.customers import live

#: Messages of one page; earlier ones are a page further back.
PAGE = 100
NEWEST = Order.by("-pk")
#: (how many, in how many seconds): new conversations and messages of one address, messages of one conversation.
NEW_OF_ADDRESS = (10, 600)
MESSAGES_OF_ADDRESS = (120, 600)
MESSAGES_OF_SESSION = (30, 600)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, queue: str) -> HttpResponse:
    """The form that begins a conversation; after it, the conversation's own secret address."""
    found = get_object_or_404(Queue, slug=queue, customer_page=True)
    if request.method != "POST":
        return _form_page(request, found, WriteForm.fresh())
    form = WriteForm(request.POST)
    if not form.is_valid():
        return _form_page(request, found, form.again() if form.has_error("key") else form, status=422)
    if form.looks_like_a_machine:
        return render(request, "customer/thanks.html", about(found))
    wait = _wait_to_begin(request, form.session_id(found))
    if wait:
        return too_often(request, found, wait)
    return _begun(request, found, form)


@private
@require_http_methods(["GET", "HEAD"])
def conversation(request: HttpRequest, secret: str) -> HttpResponse:
    """The whole conversation and the field to write more."""
    session = session_of(secret)
    return render(request, "customer/conversation.html", _shown(request, session, secret, MessageForm.fresh()))


@private
@require_safe
def timeline(request: HttpRequest, secret: str) -> HttpResponse:
    """Return the messages, as a fragment that the open page fetches after a change."""
    return render(request, "customer/_timeline.html", {**_shown(request, session_of(secret), secret), "refresh": True})


@private
@require_safe
def message_text(request: HttpRequest, secret: str, pk: int) -> HttpResponse:
    """All of a message that is too long for the page."""
    return as_text(get_object_or_404(session_of(secret).messages.for_customer(), pk=pk).content)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def messages(request: HttpRequest, secret: str) -> HttpResponse:
    """Receive one more message of the customer. GET on this address, left by a refused one, redirects to the conversation."""
    session = session_of(secret)
    if request.method != "POST":
        return _see_other(reverse("customer-conversation", args=[secret]))
    form = MessageForm(request.POST)
    wait = _wait(request, session)
    if wait and session.queue:
        return too_often(request, session.queue, wait)
    status, refused = InvalidAction.status, None
    try:
        if form.is_valid():
            message_actions.receive(session, form.cleaned_data["message"], idempotency_key=form.cleaned_data["key"])
            return _see_other(f"{reverse('customer-conversation', args=[secret])}#newest")
    except InvalidAction as refusal:
        form.add_error("message", refusal.message)
        status, refused = refusal.status, refusal
    except IdempotencyConflict as taken:
        form, status = form.again(), taken.status
    if form.has_error("key"):
        form = form.again()
    page = render(request, "customer/conversation.html", _shown(request, session, secret, form), status=status)
    return _with_wait(page, refused)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, secret: str) -> HttpResponse:
    """The customer asks for a person; asking again changes nothing."""
    session = session_of(secret)
    if request.method == "POST":
        wait = _wait(request, session)
        if wait and session.queue:
            return too_often(request, session.queue, wait)
        escalation.ask_for_person(session)
    return _see_other(f"{reverse('customer-conversation', args=[secret])}#newest")


def _begun(request: HttpRequest, queue: Queue, form: WriteForm) -> HttpResponse:
    """Begin the conversation of this form, once, and lead to it; the form again where that was refused."""
    try:
        _begin(queue, form)
    except InvalidAction as refusal:
        form.add_error("message", refusal.message)
        return _with_wait(_form_page(request, queue, form, status=refusal.status), refusal)
    except IdempotencyConflict as taken:
        return _form_page(request, queue, form.again(), status=taken.status)
    return _see_other(reverse("customer-conversation", args=[form.secret(queue)]))


@transaction.atomic
def _begin(queue: Queue, form: WriteForm) -> None:
    """Start the session with its first message.

    Raises `InvalidAction`, and `IdempotencyConflict` for other words than came with this key.
    """
    said = form.cleaned_data
    session = sessions.start_session(
        queue,
        customer_name=said["name"],
        customer_email=said["email"],
        channel="page",
        session_id=form.session_id(queue),
    )
    # A form that comes again does not bring back a link that was revoked or replaced since.
    if not session.access_hash and not customer_links.was_ended(form.secret(queue)):
        session.access_hash = secret_hash(form.secret(queue))
        session.save(update_fields=["access_hash"])
    if said["person"]:
        escalation.ask_for_person(session)
    message_actions.receive(session, said["message"], idempotency_key=said["key"])


def _shown(request: HttpRequest, session: Session, secret: str, form: MessageForm | None = None) -> dict[str, Any]:
    """Return the context of the conversation: the newest messages, or those before `?before=`."""
    before = request.GET.get("before", "")
    context = consistent_read(session, lambda: _as_it_stands(session, before))
    shown = {"session": session, "secret": secret, "is_newest": not before, "form": form}
    return {**about(session.queue), **context, **shown, **disclosure.told(session.queue, session)}


def _as_it_stands(session: Session, before: str) -> Steps[dict[str, Any]]:
    first_shown = row_number(before)
    said = NEWEST.of(session.messages.for_customer().excerpts(), None if first_shown is None else [first_shown])
    answering = session.runs.roots().answering().order_by("-pk").values_list("status", flat=True)[:1]
    found, statuses = yield [said[: PAGE + 1], answering]
    newest_first = sorted(found, key=attrgetter("pk"), reverse=True)
    shown = newest_first[:PAGE][::-1]
    return {
        "messages": shown,
        "earlier": shown[0].pk if len(newest_first) > PAGE else None,
        "person_notice": session.queue.person_notice.strip() if session.queue else "",
        "working": _state(session, statuses[0] if statuses else None),
        "can_ask_for_person": disclosure.can_ask_for_person(session),
        "after": session.last_change,
    }


def _state(session: Session, newest: str | None) -> str:
    """Return the state that the customer waits in; `newest` is the status of the last answering turn.

    `answer` (the AI writes), `person` (a person of the desk looks at it), a person because the AI `failed`, a person they
    `asked` for, `people` who took over, nothing any more (`closed`), or nothing.
    """
    if session.effective_ai_mode == AiMode.AUTOPILOT and newest in (Run.Status.PENDING, Run.Status.RUNNING):
        return "answer"
    if session.status == Session.Status.CLOSED:
        return "closed"
    if session.needs_person:
        if session.person_wanted_for == Reason.FAILED:
            return "failed"
        return "asked" if session.person_wanted_for == Reason.ASKED else "people"
    # Words such as "Let me look" before a turn failed or was stopped are no answer.
    waits = session.waiting_since is not None
    if waits and newest == Run.Status.ERROR and not session.led_by_person:
        return "failed"
    return "person" if waits or newest in ACTIVE_RUN else ""


def _form_page(request: HttpRequest, queue: Queue, form: WriteForm, status: int = 200) -> HttpResponse:
    answering = {**disclosure.told(queue), "answers_itself": queue.ai_mode == AiMode.AUTOPILOT}
    return render(request, "customer/write.html", {**about(queue), "form": form, **answering}, status=status)


def _wait_to_begin(request: HttpRequest, session_id: str) -> int:
    """Seconds until one more conversation may begin, 0 when one may, or when this one has: then the form came twice."""
    if Session.objects.filter(session_id=session_id).exists():
        return 0
    return ratelimit.wait_for("customer-new", ratelimit.address_of(request), limit=NEW_OF_ADDRESS[0], seconds=NEW_OF_ADDRESS[1])


def _wait(request: HttpRequest, session: Session) -> int:
    """Seconds until one more message is allowed, 0 when it is."""
    address = ratelimit.address_of(request)
    return max(
        ratelimit.wait_for("customer-session", str(session.pk), limit=MESSAGES_OF_SESSION[0], seconds=MESSAGES_OF_SESSION[1]),
        ratelimit.wait_for("customer", address, limit=MESSAGES_OF_ADDRESS[0], seconds=MESSAGES_OF_ADDRESS[1]),
    )


def _with_wait(page: HttpResponse, refusal: InvalidAction | None) -> HttpResponse:
    """The page, which says when to try again where a limit was reached."""
    return later(page, refusal.wait) if isinstance(refusal, LimitReached) else page


def _see_other(address: str) -> HttpResponse:
    response = redirect(address)
    response.status_code = 303
    return response


urlpatterns = [
    path("help/<slug:queue>/", write, name="customer-write"),
    path("c/<str:secret>/", conversation, name="customer-conversation"),
    path("c/<str:secret>/timeline/", timeline, name="customer-timeline"),
    path("c/<str:secret>/messages/", messages, name="customer-messages"),
    path("c/<str:secret>/person/", person, name="customer-person"),
    path("c/<str:secret>/messages/<int:pk>/", message_text, name="customer-text"),
    path("c/<str:secret>/live/", live, name="customer-live"),
]
