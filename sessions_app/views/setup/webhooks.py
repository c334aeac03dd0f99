"""Webhooks out in the set-up: endpoints, their deliveries, one of them open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sessions_app.accounts.reauthentication import require_recent_authentication
from sessions_app.errors import AppError
from sessions_app.models import Queue, WebhookDelivery, WebhookEndpoint
from sessions_app.queries import webhooks as queries
from sessions_app.validation.numbers import row_number
from sessions_app.views.respond import PersonRequest, for_people
from sessions_app.views.setup.pages import must_be_admin, setup_context
from sessions_app.views.setup.webhook_forms import EndpointForm
from sessions_app.webhooks.outgoing import endpoints
from sessions_app.webhooks.outgoing.events import ONLY_CHOSEN, TEST, Event

#: Beside what is saved: these, too, decide who is told, and need more than a browser that was left open.
ASKING = ("secret", "removed")


@require_safe
@for_people
@never_cache
def webhook_list(request: PersonRequest) -> HttpResponse:
    """All endpoints, and the deliveries of the chosen one."""
    return _page(request)


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
@never_cache
def new_webhook(request: PersonRequest) -> HttpResponse:
    """A form for one more endpoint; POST makes it, and its answer alone has the secret."""
    must_be_admin(request)
    if request.method != "POST":
        return _form_page(request, EndpointForm())
    form = EndpointForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, status=422)
    require_recent_authentication(request)
    made, secret = endpoints.make(request.user, form.wanted)
    return _form_page(request, EndpointForm.of(made), endpoint=made, secret=secret, is_new=True)


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
@never_cache
def webhook(request: PersonRequest, pk: int) -> HttpResponse:
    """The form of an endpoint; POST changes, tests, switches or removes it, or makes a new secret."""
    must_be_admin(request)
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    if request.method != "POST":
        return _form_page(request, EndpointForm.of(endpoint), endpoint=endpoint)
    do = request.POST.get("do", "save")
    if do in ASKING:
        require_recent_authentication(request)
    if do == "secret":
        secret = endpoints.renew_secret(endpoint, request.user)
        return _form_page(request, EndpointForm.of(endpoint), endpoint=endpoint, secret=secret)
    if do == "remove":
        return _form_page(request, EndpointForm.of(endpoint), endpoint=endpoint, removing=True)
    if do != "save":
        return _done(request, endpoint, do)
    form = EndpointForm(request.POST)
    if not form.is_valid():
        return _form_page(request, form, endpoint=endpoint, status=422)
    require_recent_authentication(request)
    endpoints.change(endpoint, request.user, form.wanted)
    return _to_list(endpoint, saved="1")


@require_POST
@for_people
def webhook_deliveries(request: PersonRequest, pk: int) -> HttpResponse:
    """Send a delivery again."""
    must_be_admin(request)
    key = row_number(request.POST.get("again", ""))
    delivery = get_object_or_404(WebhookDelivery.objects.select_related("endpoint"), endpoint__pk=pk, pk=key)
    try:
        endpoints.redeliver(delivery)
    except AppError as refusal:
        return _page(request, chosen=pk, problem=refusal.message, status=refusal.status)
    return _to_list(delivery.endpoint, delivery=str(delivery.pk))


def _done(request: PersonRequest, endpoint: WebhookEndpoint, do: str) -> HttpResponse:
    person = request.user
    verbs: dict[str, Callable[[], object]] = {
        "test": lambda: endpoints.send_test(endpoint),
        "off": lambda: endpoints.switch_off(endpoint, person),
        "on": lambda: endpoints.switch_on(endpoint, person, with_missed=True),
        "on-empty": lambda: endpoints.switch_on(endpoint, person, with_missed=False),
        "removed": lambda: endpoints.remove(endpoint, person),
    }
    try:
        verbs.get(do, lambda: None)()
    except AppError as refusal:
        return _page(request, chosen=endpoint.pk, problem=refusal.message, status=refusal.status)
    return redirect("setup-webhooks", permanent=False) if do == "removed" else _to_list(endpoint)


def _to_list(endpoint: WebhookEndpoint, **more: str) -> HttpResponse:
    anchor = "#delivery" if "delivery" in more else ""
    address = f"{reverse('setup-webhooks')}?{urlencode({'hook': endpoint.pk, **more})}{anchor}"
    return HttpResponse(status=303, headers={"Location": address})


def _page(request: PersonRequest, chosen: int | None = None, status: int = 200, **more: Any) -> HttpResponse:
    context = setup_context(request, "webhooks")
    rows = queries.endpoint_rows()
    key = chosen or row_number(request.GET.get("hook", ""))
    row = next((one for one in rows if one.endpoint.pk == key), rows[0] if rows else None)
    context |= {"rows": rows, "chosen": row, "saved": request.GET.get("saved", ""), **more}
    if row is not None:
        context |= _deliveries(request, row.endpoint)
    return render(request, "setup/webhooks/page.html", context, status=status)


def _deliveries(request: PersonRequest, endpoint: WebhookEndpoint) -> dict[str, Any]:
    only_failed, event = request.GET.get("f") == "failed", request.GET.get("event", "")
    event = event if event in (*Event.values, TEST) else ""
    key, before = row_number(request.GET.get("delivery", "")), row_number(request.GET.get("before", ""))
    found, opened = queries.delivery_rows(endpoint, key, only_failed=only_failed, event=event, before=before)
    filters = {"hook": str(endpoint.pk), **({"f": "failed"} if only_failed else {}), **({"event": event} if event else {})}
    older = found[queries.PAGE - 1].delivery.pk if len(found) > queries.PAGE else None
    return {
        "deliveries": found[: queries.PAGE],
        "open": opened,
        "only_failed": only_failed,
        "event": event,
        "events": [*Event.values, TEST],
        "suffix": urlencode(filters),
        "older": older,
    }


def _form_page(request: PersonRequest, form: EndpointForm, status: int = 200, **more: Any) -> HttpResponse:
    chosen = {name: list(form[name].value() or ()) for name in ("events", "queues")}
    events = [(value, label, value in chosen["events"]) for value, label in Event.choices]
    context = {
        **setup_context(request, "webhooks"),
        "form": form,
        "events": [event for event in events if event[0] not in ONLY_CHOSEN],
        "only_chosen": [event for event in events if event[0] in ONLY_CHOSEN],
        "queues": [(queue, queue.slug in chosen["queues"]) for queue in Queue.objects.all()],
        "endpoint": None,
        **more,
    }
    return render(request, "setup/webhooks/form.html", context, status=status)
