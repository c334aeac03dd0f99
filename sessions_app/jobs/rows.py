"""The rows that a worker takes of its job: in order, until people stop the job or the worker's time is up."""

from __future__ import annotations

import time
from collections.abc import Iterator

from sessions_app.infrastructure import clock
from sessions_app.jobs.lease import Lease
from sessions_app.models import Job, JobRow

#: Rows that are read at once.
PAGE = 100
#: Seconds after which a worker notices at the latest that people stopped the job.
LOOK_EVERY = 0.25


class Rows(Iterator[JobRow]):
    """The job's rows without an outcome. Read by one thread; `is_stopped` may be asked by any."""

    def __init__(self, lease: Lease, seconds: float) -> None:
        self._lease, self._job = lease, lease.job
        self._end = time.monotonic() + seconds
        self._looked_at, self._was_wanted = float("-inf"), True
        self._rows = self._read()

    def __next__(self) -> JobRow:
        return next(self._rows)

    @property
    def is_stopped(self) -> bool:
        """True once people stopped the job, or another worker may have it: then nothing more is asked of others."""
        return not self._was_wanted or self._lease.is_lost or self._lease.is_stopped

    def _read(self) -> Iterator[JobRow]:
        after = 0
        while True:
            found = self._job.rows.waiting().filter(position__gt=after).exclude(due_at__gt=clock.now())
            page = list(found.select_related("session__queue")[:PAGE])
            for row in page:
                self._look()
                if self.is_stopped or time.monotonic() >= self._end:
                    return
                after = row.position
                yield row
            if len(page) < PAGE:
                return

    def _look(self) -> None:
        """Look now and then whether the job is still to be worked; what is stored looks each time."""
        now = time.monotonic()
        if now - self._looked_at >= LOOK_EVERY:
            self._looked_at = now
            self._was_wanted = Job.objects.filter(pk=self._job.pk, state=self._job.state).exists()


__all__ = ["Rows"]
