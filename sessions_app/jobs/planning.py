"""Make a job as a dry run: its rows, what would become of each, and what that would cost. Nothing else is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from sessions_app.errors import Forbidden, InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.jobs.action import Action, Parameters, Skip
from sessions_app.jobs.counts import recount
from sessions_app.jobs.registry import action_of
from sessions_app.models import Job, JobRow, Person
from sessions_app.models.job import JobRowSet

#: Most sessions of one job.
MOST = 100_000
#: Rows that are planned and stored at once.
CHUNK = 500


@dataclass(frozen=True)
class Wanted:
    """A session by its key, and what this row alone is given (a CSV line's ticket)."""

    session: int
    data: Mapping[str, Any] = field(default_factory=dict)


def plan(
    kind: str,
    wanted: Sequence[Wanted],
    parameters: Parameters,
    *,
    person: Person | None,
    via: str = Job.Via.PAGE,
    source: str = "",
) -> Job:
    """Store a job that is not started, with the outcome that each row would have.

    Sessions that the person may not see are left out. Raises `InvalidAction` for what cannot be used, `Forbidden` for an action
    that is not the person's.
    """
    action = action_of(kind)
    if action.admins_only and person is not None and not person.is_superuser:
        raise Forbidden(_("Only admins may do that."))
    checked = action.checked(parameters, person)
    if len(wanted) > MOST:
        raise InvalidAction(
            _("A job has at most %(most)d conversations, and these are %(count)d: narrow the list first.")
            % {"most": MOST, "count": len(wanted)}
        )
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind,
            person=person,
            actor=str(person or _("Command line"))[:120],
            via=via,
            source=source[:300],
            parameters=checked,
        )
        for first in range(0, len(wanted), CHUNK):
            _store(job, action, wanted[first : first + CHUNK], first)
        _sum_up(job, action)
    return job


def _sum_up(job: Job, action: Action) -> None:
    recount(job)
    job.total = job.to_do + job.skipped
    estimate = action.estimate(job, job.to_do)
    cost = None if estimate.cost is None else str(estimate.cost)
    job.estimate = {"tokens": estimate.tokens, "cost": cost, "seconds": estimate.seconds}
    job.save(update_fields=["total", "estimate"])


def _store(job: Job, action: Action, wanted: Sequence[Wanted], first: int) -> None:
    sessions = action.sessions(job.person).in_bulk({one.session for one in wanted})
    rows = [
        JobRow(job=job, session=sessions[one.session], position=position, data=dict(one.data))
        for position, one in enumerate(wanted, first + 1)
        if one.session in sessions
    ]
    for row, planned in zip(rows, action.plan(job, rows), strict=True):
        if isinstance(planned, Skip):
            row.state, row.reason, row.done_at = JobRow.State.SKIPPED, planned.reason[:300], clock.now()
        else:
            row.before, row.after = planned.before[:300], planned.after[:300]
    JobRow.objects.bulk_create(rows)


def examples(job: Job, among: JobRowSet | None = None, most: int = 3) -> list[JobRow]:
    """Return the first rows that would be changed, `among` those that the reader may see."""
    rows = job.rows.all() if among is None else among
    return list(rows.filter(state=JobRow.State.PENDING).select_related("session").order_by("position")[:most])


def reasons(job: Job) -> list[tuple[str, int]]:
    """Return why rows are skipped, and how many for each reason, the most frequent first."""
    found = job.rows.filter(state=JobRow.State.SKIPPED).order_by().values_list("reason").annotate(rows=Count("pk"))
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def beside(job: Job) -> list[tuple[Job, int]]:
    """Return other jobs at work, or paused, that have some of these sessions still to do, and how many, the newest first.

    They do not wait for each other: each row is judged again when its turn comes, and what is done last stands.
    """
    mine = job.rows.filter(state=JobRow.State.PENDING).order_by().values("session")
    others = JobRow.objects.waiting().filter(session__in=mine, job__state__in=(*Job.WORKING, Job.State.PAUSED))
    found = dict(others.exclude(job=job).order_by().values_list("job").annotate(rows=Count("pk")))
    return [(other, found[other.pk]) for other in Job.objects.filter(pk__in=found).order_by("-pk")]
