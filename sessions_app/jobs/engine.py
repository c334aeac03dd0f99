"""Work the rows of a job: each in its own transaction, each once, also when a process dies in between.

The session's change and the row's outcome are committed together. A worker works for a slice of time, then gives the job back,
so that several jobs share the workers and a stopping worker has little to finish.
"""

from __future__ import annotations

import logging
import time

from django.db import transaction
from django.utils.translation import gettext as _

from kern.errors import KernError
from sessions_app.actions.locking import holding
from sessions_app.changes import publish
from sessions_app.errors import DATABASE_AWAY, AppError
from sessions_app.infrastructure import broken_rows, clock
from sessions_app.infrastructure.prepared import Prepared, Slot
from sessions_app.jobs.action import Action, Done, Later, Outcome, Ready, Skip
from sessions_app.jobs.counts import recount
from sessions_app.jobs.lease import Lease, leased
from sessions_app.jobs.registry import action_of
from sessions_app.jobs.rows import Rows
from sessions_app.models import Job, JobRow, Session
from sessions_app.models.session import SessionSet

log = logging.getLogger(__name__)

#: A worker gives the job back after so many seconds.
SLICE_SECONDS = 10.0
#: The counts are written at most this often (seconds).
COUNT_EVERY = 0.5
LONGEST = 300


class _LostError(Exception):
    """The row has an outcome already, or its job was stopped."""


def work(job_pk: int, seconds: float = SLICE_SECONDS) -> bool:
    """Work the job for a while, if no other worker does. Returns whether there is more to do at once."""
    with leased(job_pk) as lease:
        if lease is None:
            return False
        with publish.together():
            return _Slice(lease, seconds).work()


class _Slice:
    """One worker's time with a job."""

    def __init__(self, lease: Lease, seconds: float) -> None:
        self.lease, self.job = lease, lease.job
        self.action: Action = action_of(self.job.kind)
        self.undoing = self.job.state == Job.State.UNDOING
        self.rows = Rows(lease, seconds)
        self.locked = Prepared(self._session_to_lock)
        self.counted_at = time.monotonic()
        self.worked = 0

    def work(self) -> bool:
        for ready in map(Ready, self.rows) if self.undoing else self.action.prepared(self.job, self.rows):
            self._settle(ready)
            self._count()
        return self._close()

    def _settle(self, ready: Ready) -> None:
        """Give the row its outcome. A database that is away ends the slice; other errors are this row's alone."""
        try:
            if ready.error is not None:
                raise ready.error
            with transaction.atomic():
                self._store(ready, self._outcome(ready))
        except _LostError:
            return
        except (AppError, KernError) as error:
            if isinstance(error, DATABASE_AWAY) or broken_rows.is_away(error):
                raise
            self._fail(ready, str(error))
        except Exception as error:
            if isinstance(error, DATABASE_AWAY) or broken_rows.is_away(error):
                raise
            log.exception("job %s: row %s failed", self.job.pk, ready.row.pk)
            self._fail(ready, _("Unexpected error: %(error)s") % {"error": f"{type(error).__name__}: {error}"})
        self.worked += 1

    def _outcome(self, ready: Ready) -> Outcome:
        """Do the row's work with its session locked; rows of sessions that are gone are skipped."""
        row, job = ready.row, self.job
        if job.person is None and job.via != Job.Via.COMMAND:
            return Skip(_("The person who began this has no account any more"))
        if job.person is not None and not job.person.is_active:
            return Skip(_("The person who began this has no account any more"))
        if (found := self.locked.first(session=row.session_id)) is None:
            return Skip(_("Not in your queues any more, or deleted"))
        with holding(found):
            return self.action.undo(job, row, found) if self.undoing else self.action.apply(job, row, found, ready.found)

    def _session_to_lock(self) -> SessionSet:
        """Return a row's session, if the job's person may work it. The SQL is made once: that takes longer than asking."""
        may = self.action.sessions_to_undo if self.undoing else self.action.sessions
        return may(self.job.person).select_for_update(of=("self",)).filter(pk=Slot("session", Session, "id"))

    def _store(self, ready: Ready, outcome: Outcome) -> None:
        row = ready.row
        told: dict[str, object] = {}
        if isinstance(outcome, Later):
            told = {"due_at": outcome.at}
        elif self.undoing:
            kept = isinstance(outcome, Skip)
            state = JobRow.State.KEPT if kept else JobRow.State.UNDONE
            told = {"state": state, "reason": outcome.reason[:LONGEST] if isinstance(outcome, Skip) else ""}
        elif isinstance(outcome, Skip):
            told = {
                "state": JobRow.State.SKIPPED,
                "reason": outcome.reason[:LONGEST],
                "tokens": ready.tokens,
                "cost": ready.cost,
            }
        else:
            told = _done(row, outcome, ready)
        self._put(ready, told)

    def _fail(self, ready: Ready, reason: str) -> None:
        state = JobRow.State.KEPT if self.undoing else JobRow.State.FAILED
        told = {"state": state, "reason": reason[:LONGEST], "tokens": ready.tokens, "cost": ready.cost}
        try:
            with transaction.atomic():
                self._put(ready, told)
        except _LostError:
            return

    def _put(self, ready: Ready, told: dict[str, object]) -> None:
        """Write the outcome by compare-and-set. Raises `_LostError` where there is one, or the job was stopped meanwhile.

        An answer that a model gave is paid, so it counts for a stopped job, too.
        """
        mine = JobRow.objects.filter(pk=ready.row.pk, state=ready.row.state)
        if not ready.is_paid:
            mine = mine.filter(job__state=self.job.state)
        if not mine.update(done_at=clock.now(), **told):
            raise _LostError

    def _count(self) -> None:
        now = time.monotonic()
        if now - self.counted_at >= COUNT_EVERY:
            recount(self.job)
            Job.objects.filter(pk=self.job.pk).update(rate=self.worked / (now - self.counted_at))
            self.counted_at, self.worked = now, 0

    def _close(self) -> bool:
        """Count, and end the job where nothing is left. Returns whether there is more to do at once."""
        recount(self.job)
        left = self.job.rows.waiting()
        if not left.exists():
            self.action.finished(self.job)
            # Where single rows were undone, the others are done still.
            is_undone = self.undoing and not self.job.done
            self._end(Job.State.UNDONE if is_undone else Job.State.FINISHED)
            return False
        is_ending = self.job.state == Job.State.CANCELLING
        if is_ending and not self.action.has_sent(self.job):
            self._end(Job.State.CANCELLED)
            return False
        if not is_ending and left.exclude(due_at__gt=clock.now()).exists():
            return Job.objects.at_work().filter(pk=self.job.pk).exists()
        soonest = left.exclude(due_at=None).order_by("due_at").values_list("due_at", flat=True).first()
        Job.objects.filter(pk=self.job.pk, state=self.job.state).update(rest_until=soonest)
        return False

    def _end(self, state: Job.State) -> None:
        Job.objects.filter(pk=self.job.pk, state=self.job.state).update(state=state, ended_at=clock.now(), rest_until=None)
        publish.publish_job(self.job.person_id)


def _done(row: JobRow, outcome: Done, ready: Ready) -> dict[str, object]:
    return {
        "state": JobRow.State.DONE,
        "reason": "",
        "before": outcome.before[:LONGEST],
        "after": outcome.after[:LONGEST],
        "data": {**row.data, **outcome.data},
        "version_after": outcome.version,
        "tokens": outcome.tokens or ready.tokens,
        "cost": outcome.cost if outcome.cost is not None else ready.cost,
    }
