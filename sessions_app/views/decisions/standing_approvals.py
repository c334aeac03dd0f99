"""Standing approvals: list, create, revoke."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sessions_app.actions import standing_approvals
from sessions_app.errors import InvalidAction
from sessions_app.models import Queue, StandingApproval
from sessions_app.queries import access
from sessions_app.views.forms import RuleForm
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.respond import PersonRequest, done, for_people, respond


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def rule_list(request: PersonRequest) -> HttpResponse:
    """GET shows the rules of the person's queues, POST makes one."""
    queues = access.queues_for(request.user)
    if request.method == "POST":
        form = RuleForm(request.POST)
        if not form.is_valid():
            raise InvalidAction(_("This page is out of date: load it again."))
        queue = get_object_or_404(Queue, pk__in=queues.values("pk"), slug=form.cleaned_data["queue"])
        made = standing_approvals.allow(queue, form.cleaned_data["tool"], request.user, form.cleaned_data["until"])
        return respond(request, "decisions/_standing_approval_made.html", {"rule": made}, location=reverse("rules"))
    shown = StandingApproval.objects.filter(queue__in=queues.values("pk")).select_related("queue", "made_by", "revoked_by")
    over = shown.exclude(pk__in=StandingApproval.objects.in_force().values("pk")).order_by("-pk")[:20]
    context = {"in_force": list(shown.in_force().order_by("until")), "over": list(over)}
    return render(request, "decisions/standing_approvals.html", {**page_context(request, "rules"), **context})


@require_POST
@for_people
def rule(request: PersonRequest, pk: int) -> HttpResponse:
    """End a rule now."""
    queues = access.queues_for(request.user)
    found = get_object_or_404(StandingApproval, queue__in=queues.values("pk"), pk=pk)
    standing_approvals.revoke(found, request.user)
    return done(request, reverse("rules"))
