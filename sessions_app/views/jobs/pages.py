"""The Jobs page, the page of one job, and its outcomes as CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sessions_app.errors import InvalidAction
from sessions_app.infrastructure.downloads import download, in_batches
from sessions_app.jobs import control, planning
from sessions_app.models import Job
from sessions_app.queries import access, job_list
from sessions_app.queries.presenters.job import Shown
from sessions_app.text.spreadsheet import table
from sessions_app.validation.numbers import row_number
from sessions_app.views.inbox.sidebar import page_context
from sessions_app.views.jobs.starting import begin
from sessions_app.views.respond import PersonRequest, for_people

VERBS: dict[str, Callable[[Job], None]] = {
    "start": control.start,
    "pause": control.pause,
    "resume": control.resume,
    "cancel": control.cancel,
}
#: Verbs that may be meant for a single row.
ROW_VERBS: dict[str, Callable[[Job, list[int] | None], None]] = {"retry": control.retry, "undo": control.undo}


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def jobs(request: PersonRequest) -> HttpResponseBase:
    """The person's jobs, all for an admin; a list's form is posted here and becomes a dry run."""
    if request.method == "POST":
        return begin(request)
    found = job_list.shown(access.jobs_for(request.user))
    context = {
        "now": [shown for shown in found if shown.job.is_working or shown.job.state == Job.State.PAUSED],
        "earlier": [shown for shown in found if not shown.job.is_working and shown.job.state != Job.State.PAUSED],
    }
    return render(request, "jobs/page.html", {**page_context(request, "jobs"), **context})


@require_http_methods(["GET", "HEAD", "POST"])
@for_people
def job(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One job: its dry run, or how far it is, with the outcome of each row; verbs are posted here."""
    found = job_list.job_or_404(request.user, pk)
    if request.method == "POST":
        return _act(request, found)
    return render(request, "jobs/job.html", {**page_context(request, "jobs"), **_context(request, found)})


@require_safe
@for_people
def job_progress(request: PersonRequest, pk: int) -> HttpResponse:
    """The bar and the figures of a job, which an open page asks for while it is worked, and the sidebar's number of jobs."""
    found = job_list.job_or_404(request.user, pk)
    at_work = {"jobs": access.jobs_for(request.user).at_work().count()}
    context = {"shown": Shown(found), "own_page": "rows" in request.GET, "rail": at_work, "refresh": True}
    return render(request, "jobs/_progress.html", context)


@require_safe
@for_people
def job_rows(request: PersonRequest, pk: int) -> HttpResponse:
    """A page of a job's outcomes."""
    found = job_list.job_or_404(request.user, pk)
    return render(request, "jobs/_rows.html", _context(request, found))


@require_safe
@for_people
def job_csv(request: PersonRequest, pk: int) -> HttpResponseBase:
    """All outcomes as a file."""
    found = job_list.job_or_404(request.user, pk)
    columns = ("session", "outcome", "reason", "before", "after", "cost", "at")
    rows = (
        (row.session.session_id, row.state, row.reason, row.before, row.after, row.cost, row.done_at)
        for row in in_batches(job_list.visible(found, request.user))
    )
    return download(request, table(columns, rows), f"job-{found.pk}.csv")


def _context(request: PersonRequest, found: Job) -> dict[str, Any]:
    shown = Shown(found)
    outcome, after = request.GET.get("outcome", ""), request.GET.get("after", "")
    told = {"shown": shown, "own_page": True, "page": job_list.rows_of(found, request.user, outcome, after)}
    return {**told, **_dry_run(request, found)} if found.state == Job.State.PLANNED else told


def _dry_run(request: PersonRequest, found: Job) -> dict[str, Any]:
    """Return what the page of a job that was not started has besides: examples, reasons, jobs over the same conversations."""
    return {
        "examples": planning.examples(found, job_list.visible(found, request.user)),
        "reasons": planning.reasons(found),
        "beside": [(Shown(other), rows) for other, rows in planning.beside(found)],
    }


def _act(request: PersonRequest, found: Job) -> HttpResponse:
    do = request.POST.get("do", "")
    # The button of a single row names the row.
    for verb, act in ROW_VERBS.items():
        if verb in request.POST:
            act(found, [row_number(request.POST[verb]) or 0])
            return redirect("job", found.pk)
    if do == "discard":
        control.discard(found)
        return redirect("jobs")
    if do in ROW_VERBS:
        ROW_VERBS[do](found, None)
    elif do in VERBS:
        VERBS[do](found)
    else:
        raise InvalidAction(_("There is nothing to do like that."))
    return redirect("job", found.pk)
