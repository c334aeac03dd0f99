"""Jobs that a person may see, and the rows of one."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404

from sessions_app.models import Job, JobRow, Person
from sessions_app.models.job import JobRowSet, JobSet
from sessions_app.queries.access import jobs_for
from sessions_app.queries.presenters.job import Shown
from sessions_app.validation.numbers import row_number

#: Jobs of the page, and rows of a page of outcomes.
JOBS, PAGE = 50, 50
#: Outcomes that a filter names, with the states of each.
OUTCOMES = {
    "done": (JobRow.State.DONE,),
    "skipped": (JobRow.State.SKIPPED,),
    "failed": (JobRow.State.FAILED,),
    "undone": (JobRow.State.UNDONE,),
    "kept": (JobRow.State.KEPT,),
    "todo": (JobRow.State.PENDING, JobRow.State.UNDOING),
}


def job_or_404(person: Person, pk: int) -> Job:
    """Return the job. Raises `Http404` where it is another person's."""
    found = jobs_for(person).select_related("person").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Rows:
    """A page of a job's rows."""

    rows: list[JobRow]
    outcome: str
    next: int | None


def rows_of(job: Job, person: Person, outcome: str = "", after: str = "") -> Rows:
    """Return a page of rows with this outcome, after the position `after`; without sessions the person may not see."""
    found = visible(job, person)
    if outcome in OUTCOMES:
        found = found.filter(state__in=OUTCOMES[outcome])
    page = list(found.filter(position__gt=row_number(after) or 0).order_by("position")[: PAGE + 1])
    more = page[PAGE - 1].position if len(page) > PAGE else None
    return Rows(page[:PAGE], outcome if outcome in OUTCOMES else "", more)


def visible(job: Job, person: Person) -> JobRowSet:
    """Return the job's rows of sessions that the person may see, deleted ones too."""
    rows = job.rows.select_related("session__queue")
    return rows if person.is_superuser else rows.filter(session__queue__members=person.pk)


def shown(jobs: JobSet, most: int = JOBS) -> list[Shown]:
    """Return jobs as pages show them, newest first."""
    return [Shown(job) for job in jobs.shown().select_related("person").order_by("-pk")[:most]]
