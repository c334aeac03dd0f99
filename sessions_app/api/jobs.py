"""Bulk jobs: start, watch, pause, cancel, retry, undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Field, PathEx, Query, Router
from ninja import P as Param
from ninja.responses import Status

from sessions_app.api import auth
from sessions_app.api.auth import ApiRequest
from sessions_app.api.errors import FAILURES, ErrorOut
from sessions_app.api.pages import Paging, page
from sessions_app.api.schemas.jobs import JobIn, JobOut, JobPage, JobRowOut, JobRowPage
from sessions_app.errors import Forbidden, InvalidAction
from sessions_app.jobs import control, planning
from sessions_app.jobs.deleting import Restore
from sessions_app.jobs.planning import Wanted
from sessions_app.models import Job, Session
from sessions_app.models.job import JobRowSet, JobSet
from sessions_app.queries import access, job_list
from sessions_app.queries.paging import Key, Order
from sessions_app.validation.numbers import row_number

router = Router()
NEWEST = Order((Key("pk", descending=True),))

JobId = PathEx[str, Param(description="The job's `id`, a number.")]
JobVerb = PathEx[
    Literal["start", "pause", "resume", "cancel", "retry", "undo"],
    Param(description="What is to become of the job."),
]
VERBS: dict[str, Callable[[Job], None]] = {
    "start": control.start,
    "pause": control.pause,
    "resume": control.resume,
    "cancel": control.cancel,
    "retry": control.retry,
    "undo": control.undo,
}


class RowFilter(Paging):
    """Filters of a job's rows."""

    outcome: Literal["", "done", "skipped", "failed", "undone", "kept", "todo"] = Field("", description="Only these.")


@router.get("/jobs", response={200: JobPage, FAILURES: ErrorOut}, summary="List jobs", auth=auth.READ)
def list_jobs(request: ApiRequest, wanted: Query[Paging]) -> dict[str, Any]:
    """Newest first: the jobs of the token's person; all of them for an admin. Dry runs too."""
    return page(_jobs(request), wanted, NEWEST, JobOut)


@router.post("/jobs", response={201: JobOut, FAILURES: ErrorOut}, summary="Begin a job", auth=auth.WRITE)
def begin_job(request: ApiRequest, wanted: JobIn) -> Status[Job]:
    """A dry run that says what would happen, or with `start` a job at work. Needs a token that acts for a person."""
    keys = [Wanted(key) for key in _chosen(request, wanted)]
    job = planning.plan(wanted.kind, keys, wanted.parameters, person=auth.person(request), via=Job.Via.API)
    if wanted.start:
        control.start(job)
        job.refresh_from_db()
    return Status(201, job)


@router.get("/jobs/{job_id}", response={200: JobOut, FAILURES: ErrorOut}, summary="Read a job", auth=auth.READ)
def get_job(request: ApiRequest, job_id: JobId) -> Job:
    """Its state and counts: ask again while it is `running`."""
    return _job(request, job_id)


@router.get("/jobs/{job_id}/rows", response={200: JobRowPage, FAILURES: ErrorOut}, summary="List a job's rows", auth=auth.READ)
def list_job_rows(request: ApiRequest, job_id: JobId, wanted: Query[RowFilter]) -> dict[str, Any]:
    """The outcome of each session, in order; without sessions that the token does not see."""
    rows = _seen(request, _job(request, job_id))
    if wanted.outcome:
        rows = rows.filter(state__in=job_list.OUTCOMES[wanted.outcome])
    return page(rows, wanted, Order.by("position"), JobRowOut)


@router.post("/jobs/{job_id}/{verb}", response={200: JobOut, FAILURES: ErrorOut}, summary="Act on a job", auth=auth.WRITE)
def act_on_job(request: ApiRequest, job_id: JobId, verb: JobVerb) -> Job:
    """`start` a dry run, `pause`, `resume`, `cancel`, `retry` what failed, or `undo` what was done and not changed since."""
    job = _job(request, job_id)
    if _seen(request, job).count() < job.rows.count():
        raise Forbidden(_("This job has conversations that the token does not see."))
    VERBS[verb](job)
    job.refresh_from_db()
    return job


def _job(request: ApiRequest, job_id: str) -> Job:
    number = row_number(job_id)
    found = None if number is None else _jobs(request).filter(pk=number).first()
    if found is None:
        raise Http404(_("There is no job of this id."))
    return found


def _jobs(request: ApiRequest) -> JobSet:
    """Return the jobs of the token's person; none for a token without one."""
    person = request.auth.acts_for
    return Job.objects.none() if person is None else access.jobs_for(person)


def _seen(request: ApiRequest, job: Job) -> JobRowSet:
    """Return the job's rows of sessions in queues that the token acts on, deleted ones too."""
    rows = job.rows.select_related("session")
    return rows if request.auth.sees_everything() else rows.filter(session__queue__in=auth.queues(request))


def _restores(request: ApiRequest, wanted: JobIn) -> bool:
    """Return whether deleted sessions are meant, which only an admin's token for all queues sees."""
    return wanted.kind == Restore.name and request.auth.sees_everything()


def _chosen(request: ApiRequest, wanted: JobIn) -> list[int]:
    """Return the keys of the sessions that are meant. Raises `Http404` for an id that the token does not see."""
    visible = Session.objects.deleted() if _restores(request, wanted) else auth.sessions(request)
    if wanted.sessions is not None:
        found = dict(visible.filter(session_id__in=wanted.sessions).values_list("session_id", "pk"))
        if missing := [name for name in wanted.sessions if name not in found]:
            raise Http404(_("There is no session of the id “%(id)s”.") % {"id": missing[0][:80]})
        return [found[name] for name in dict.fromkeys(wanted.sessions)]
    if wanted.queue is not None and not auth.queues(request).filter(slug=wanted.queue).exists():
        raise Http404(_("There is no queue of this slug."))
    if wanted.queue is not None:
        visible = visible.filter(queue__slug=wanted.queue)
    if wanted.status is not None:
        if wanted.status not in (Session.Status.OPEN, Session.Status.SNOOZED, *Session.SETTLED):
            raise InvalidAction(_("There is no such status: write open, snoozed, closed or spam."))
        visible = visible.filter(status=wanted.status)
    return list(visible.order_by("-activity_at", "-pk").values_list("pk", flat=True)[: wanted.limit or planning.MOST + 1])
