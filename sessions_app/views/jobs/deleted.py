"""Deleted conversations, for admins: look at what was deleted, and restore one or many."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from sessions_app.actions import deleting
from sessions_app.customers.retention import RESTORABLE_DAYS
from sessions_app.models import Session
from sessions_app.queries import deleted_list
from sessions_app.queries.counting import capped_counts
from sessions_app.validation.numbers import row_number
from sessions_app.views.conversation.context import conversation_url
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, for_people


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def deleted(request: PersonRequest) -> HttpResponse:
    """The list, in which several are ticked for a job that restores them; POST restores the one that its button names."""
    if not request.user.is_superuser:
        raise Http404
    if request.method == "POST":
        # Twice is no fault: then it is there already.
        session = get_object_or_404(Session.objects.stored(), pk=row_number(request.POST.get("restore", "")) or 0)
        deleting.restore(session, request.user)
        return redirect(conversation_url(session))
    query = request.GET.get("q", "")
    rows, after = deleted_list.page_of(query, request.GET.get("after", ""))
    context = {
        "rows": [(session, deleted_list.erased_at(session)) for session in rows],
        "next": after,
        "count": capped_counts([deleted_list.deleted(query)])[0],
        "query": query,
        "days": RESTORABLE_DAYS,
    }
    return render(request, "jobs/deleted.html", {**page_context(request, "jobs"), **context})
