"""The lease of a job: one worker works it at a time, and another one goes on when that one is gone."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connections
from django.db.models import Q

from sessions_app.infrastructure import clock
from sessions_app.infrastructure.ids import new_id
from sessions_app.models import Job

log = logging.getLogger(__name__)

#: So long a worker may be silent before another one takes the job.
LEASE = timedelta(seconds=20)
BEAT_SECONDS = 5.0


class Lease:
    """One worker's right to work a job. `is_lost` once another worker may have it, `is_stopped` once people stopped it."""

    def __init__(self, job: Job, owner: str) -> None:
        self.job, self.owner = job, owner
        self.is_lost = self.is_stopped = False
        self._over = threading.Event()
        # It also beats while the worker waits for a model or a rate limit.
        self._thread = threading.Thread(target=self._beat, name="kern-job-lease", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop the heartbeat and free the job."""
        self._over.set()
        self._thread.join()
        Job.objects.filter(pk=self.job.pk, lease_owner=self.owner).update(lease_owner="", lease_until=None)

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                held = Job.objects.filter(pk=self.job.pk, lease_owner=self.owner)
                self.is_lost = not held.update(lease_until=clock.now() + LEASE)
                # The worker itself may wait for a model, or for its place in a limit.
                self.is_stopped = not held.filter(state=self.job.state).exists()
            except Exception as error:  # noqa: BLE001 - the next beat may succeed; the lease has time for some
                log.warning("job %s: the lease could not be renewed: %s", self.job.pk, error)
            finally:
                connections.close_all()


@contextmanager
def leased(job_pk: int) -> Iterator[Lease | None]:
    """Take the lease of a job with work for the block; yields `None` where another worker has it or nothing is to do."""
    owner, now = new_id(), clock.now()
    free = Job.objects.at_work().filter(Q(lease_until=None) | Q(lease_until__lte=now), pk=job_pk)
    if not free.update(lease_owner=owner, lease_until=now + LEASE):
        yield None
        return
    lease = Lease(Job.objects.select_related("person").get(pk=job_pk), owner)
    try:
        yield lease
    finally:
        lease.end()
