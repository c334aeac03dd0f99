"""Set-up of tool policies: the tools of the desk or of a queue, who decides about them, and one of them open for editing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from sessions_app.actions import tool_policies
from sessions_app.actions.tool_policies import NOTHING, version_of
from sessions_app.desk.policy_checks import asks_nobody
from sessions_app.errors import AppError
from sessions_app.models import Queue
from sessions_app.queries import tool_policies as queries
from sessions_app.queries.presenters.policy import COMPARISONS, ToolLine, conditions_in_words, roles_in_words
from sessions_app.queries.tool_policies import ToolRow
from sessions_app.validation.text import searchable
from sessions_app.views.respond import PersonRequest, for_people
from sessions_app.views.setup.pages import must_be_admin, setup_context
from sessions_app.views.setup.policy_form import PolicyForm

#: Names of people who may decide that are written out.
MOST_NAMED = 6


@dataclass(frozen=True)
class Place:
    """The desk or one queue, as a tab: for how many tools it is stricter."""

    queue: Queue | None
    differing: int = 0

    @property
    def url(self) -> str:
        return address_of(self.queue)


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def policies(request: PersonRequest) -> HttpResponse:
    """The tools of the desk or of the queue in the address, one of them open; POST saves the queue's policy for it."""
    must_be_admin(request)
    queue = _queue(request)
    rows, counts = queries.tools_in(queue)
    name = searchable(request.GET.get("tool", ""))
    row = next((row for row in rows if row.name == name), None)
    if name and row is None:
        raise Http404
    if request.method != "POST":
        return _page(request, queue, rows, counts, PolicyForm(row) if row else None)
    if queue is None or row is None:
        raise Http404
    return _answered(request, queue, rows, counts, row)


def address_of(queue: Queue | None, tool: str = "", **more: str) -> str:
    """Return the address of a queue's page, with a tool open."""
    said = {**({"queue": queue.slug} if queue else {}), **({"tool": tool} if tool else {}), **more}
    return f"{reverse('setup-policies')}{'?' + urlencode(said) if said else ''}"


def _answered(request: PersonRequest, queue: Queue, rows: list[ToolRow], counts: Counter[int], row: ToolRow) -> HttpResponse:
    do = request.POST.get("do", "save")
    if do == "follow":
        tool_policies.save(queue, row.name, request.user, NOTHING)
        return _saved(queue, row)
    form = PolicyForm(row, request.POST)
    if do == "row" or "drop" in request.POST:
        form.change_rows(request.POST.get("drop", ""), add=do == "row")
        return _page(request, queue, rows, counts, form)
    if not form.is_valid():
        return _page(request, queue, rows, counts, form, status=422)
    if do == "try":
        return _page(request, queue, rows, counts, form)
    try:
        tool_policies.save(queue, row.name, request.user, form.cleaned_data, request.POST.get("seen"))
    except AppError as refusal:
        return _page(request, queue, rows, counts, form, status=refusal.status, problem=refusal.message)
    return _saved(queue, row)


def _saved(queue: Queue, row: ToolRow) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": f"{address_of(queue, row.name, saved='1')}#opened"})


def _queue(request: PersonRequest) -> Queue | None:
    slug = searchable(request.GET.get("queue", ""))
    queue = Queue.objects.filter(slug=slug).first() if slug else None
    if slug and queue is None:
        raise Http404
    return queue


def _page(
    request: PersonRequest,
    queue: Queue | None,
    rows: list[ToolRow],
    counts: Counter[int],
    form: PolicyForm | None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {
        **setup_context(request, "policies"),
        "places": [Place(None), *(Place(each, counts[each.pk]) for each in Queue.objects.all())],
        "queue": queue,
        "address": address_of(queue),
        "lines": [(ToolLine(row), address_of(queue, row.name)) for row in rows],
        "saved": "saved" in request.GET and request.method != "POST",
        **(_opened(queue, form) if form is not None else {}),
        **more,
    }
    return render(request, "setup/policies/page.html", context, status=status)


def _opened(queue: Queue | None, form: PolicyForm) -> dict[str, Any]:
    row = form.row
    context: dict[str, Any] = {
        "form": form,
        "open": ToolLine(row),
        "own": ToolLine(ToolRow(row.name, row.tools)),
        "own_conditions": conditions_in_words(row.own.thresholds),
        "own_roles": roles_in_words(row.own),
        "here": address_of(queue, row.name),
    }
    if queue is None:
        return context
    policy = form.policy() if form.is_bound and not form.errors and hasattr(form, "cleaned_data") else row.in_force
    people = queries.deciders(queue, policy)
    now, then = queries.trial_of(queue, row, row.in_force, policy)
    two = policy.approvers > 1 or any(item.approvers > 1 for item in policy.thresholds)
    return {
        **context,
        "seen": version_of(row.policy),
        "comparisons": COMPARISONS.items(),
        "asks_nobody": asks_nobody(row.name),
        "people": people[:MOST_NAMED],
        "more_people": max(0, len(people) - MOST_NAMED),
        "too_few": len(people) < (2 if two else 1),
        "now": now,
        "then": then,
        "is_tried": form.is_bound and not form.errors,
        "edits": queries.edits_of(row.policy),
    }
