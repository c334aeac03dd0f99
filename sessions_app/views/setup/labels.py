"""Labels in the set-up: make, rename, colour and delete them, and say who may make them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from sessions_app.actions import labels
from sessions_app.errors import AppError
from sessions_app.models import Label, LabelPolicy, SessionLabel
from sessions_app.models.label import Colour
from sessions_app.queries.counting import count_of, numbers
from sessions_app.views.respond import PersonRequest, for_people
from sessions_app.views.setup.pages import must_be_admin, setup_context

#: Stands for a label's key in a statement that counts those of any label.
_ANY = -1


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def label_list(request: PersonRequest) -> HttpResponse:
    """All labels; POST makes one, or says who may make them."""
    must_be_admin(request)
    if request.method != "POST":
        return _page(request)
    try:
        if request.POST.get("do") == "makers":
            labels.set_makers(request.user, request.POST.get("makers", ""))
        else:
            labels.make(request.user, request.POST.get("name", ""), request.POST.get("colour", ""))
    except AppError as refusal:
        return _page(request, problem=refusal, status=refusal.status)
    return _to_list()


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def label(request: PersonRequest, pk: int) -> HttpResponse:
    """One label open; POST changes or deletes it, after it was asked for."""
    must_be_admin(request)
    opened = get_object_or_404(Label, pk=pk)
    do = request.POST.get("do", "save")
    if request.method != "POST" or do == "delete":
        return _page(request, opened, deleting=do == "delete")
    if do == "deleted":
        labels.delete(opened, request.user)
        return _to_list()
    try:
        labels.change(opened, request.user, request.POST.get("name", ""), request.POST.get("colour", ""))
    except AppError as refusal:
        return _page(request, opened, problem=refusal, status=refusal.status)
    return _to_list()


def _to_list() -> HttpResponse:
    answer = redirect("setup-labels")
    answer.status_code = 303
    return answer


def _page(request: PersonRequest, opened: Label | None = None, status: int = 200, **more: Any) -> HttpResponse:
    rows = list(Label.objects.by_name())
    of_any = count_of(SessionLabel.objects.filter(label=_ANY))
    counts = numbers([of_any.with_value(_ANY, row.pk) for row in rows])
    is_typed = request.method == "POST" and request.POST.get("do") != "makers"
    context = {
        **setup_context(request, "labels"),
        "rows": list(zip(rows, counts, strict=True)),
        "opened": opened,
        "sessions": opened.sessions.count() if opened and more.get("deleting") else 0,
        "name": request.POST.get("name", "") if is_typed else opened.name if opened else "",
        "colour": request.POST.get("colour", "") if is_typed else opened.colour if opened else "",
        "colours": Colour.choices,
        "makers": LabelPolicy.Makers.choices,
        "policy": LabelPolicy.in_force(),
        **more,
    }
    return render(request, "setup/labels/page.html", context, status=status)
