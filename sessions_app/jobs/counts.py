"""The counts of a job, from its rows: right after any crash."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from sessions_app.models import Job, JobRow

_COLUMNS = {
    JobRow.State.PENDING: "to_do",
    JobRow.State.UNDOING: "to_do",
    JobRow.State.DONE: "done",
    JobRow.State.SKIPPED: "skipped",
    JobRow.State.FAILED: "failed",
    JobRow.State.UNDONE: "undone",
    JobRow.State.KEPT: "kept",
}


def recount(job: Job) -> None:
    """Write the job's counts, tokens and cost anew."""
    told: dict[str, Any] = dict.fromkeys(_COLUMNS.values(), 0)
    tokens, cost = 0, None
    for found in job.rows.order_by().values("state").annotate(rows=Count("pk"), used=Sum("tokens"), dollars=Sum("cost")):
        told[_COLUMNS[JobRow.State(found["state"])]] += found["rows"]
        tokens += found["used"] or 0
        if found["dollars"] is not None:
            cost = (cost or Decimal()) + found["dollars"]
    told |= {"tokens": tokens, "cost": cost}
    Job.objects.filter(pk=job.pk).update(**told)
    for name, value in told.items():
        setattr(job, name, value)
