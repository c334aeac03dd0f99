"""The scheduler's duties for bulk jobs."""

from __future__ import annotations

from datetime import timedelta

from sessions_app.infrastructure import clock
from sessions_app.jobs.tasks import hint_due
from sessions_app.models import Job
from sessions_app.workers.duties import Duty

#: Dry runs that were not started are kept so long.
PLANNED_FOR = timedelta(days=1)


def tidy() -> None:
    """Delete dry runs that were not started for a day."""
    Job.objects.filter(state=Job.State.PLANNED, created_at__lt=clock.now() - PLANNED_FOR).delete()


DUTIES: tuple[Duty, ...] = (Duty("jobs", hint_due), Duty("dry runs", tidy, every=60))
