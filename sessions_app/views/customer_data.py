"""Customers' data for admins: see, export and erase it; and the erasures that the queues' retention would make."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from sessions_app import customers
from sessions_app.customers import Customer, retention
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure.downloads import download
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people

#: A page waits no longer than so many seconds for its answer.
SECONDS = 20.0


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
@never_cache
def customer_data(request: PersonRequest) -> HttpResponse:
    """Form to name a customer; POST shows the customer's data, since an id in the address would stand in logs."""
    _must_be_admin(request)
    if request.method != "POST":
        return _page(request)
    try:
        return _page(request, found=customers.preview(_customer(request)))
    except InvalidAction as refusal:
        return _page(request, status=refusal.status, trouble=refusal.message)


@require_POST
@for_people
def customer_data_export(request: PersonRequest) -> HttpResponseBase:
    """The customer's document as a download."""
    _must_be_admin(request)
    return download(request, customers.export_for(_customer(request)), customers.file_name())


@require_POST
@for_people
@never_cache
def customer_data_erase(request: PersonRequest) -> HttpResponse:
    """Erase, once the id was typed again."""
    _must_be_admin(request)
    customer = _customer(request)
    if request.POST.get("confirm", "").strip() != customer.value:
        wrong = _("That is not the id or address from above. Nothing was erased.")
        return _page(request, status=422, found=customers.preview(customer), wrong=wrong)
    return _page(request, erased=customers.erase(customer, SECONDS))


def _must_be_admin(request: PersonRequest) -> None:
    if not request.user.is_superuser:
        raise Http404


def _customer(request: PersonRequest) -> Customer:
    return Customer.of(request.POST.get("by", ""), request.POST.get("value", "").strip())


def _page(request: PersonRequest, status: int = 200, **context: Any) -> HttpResponse:
    shown = {
        "by": request.POST.get("by", "user_id"),
        "value": request.POST.get("value", ""),
        "rules": [] if "found" in context else retention.report(),
        **page_context(request, "customer-data"),
    }
    return render(request, "customer_data/page.html", {**shown, **context}, status=status)
