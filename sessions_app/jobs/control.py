"""Verbs of people on a job: start, pause, resume, cancel, retry failed rows, undo."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from sessions_app.changes.publish import publish_job
from sessions_app.errors import InvalidAction
from sessions_app.infrastructure import clock
from sessions_app.jobs.counts import recount
from sessions_app.jobs.registry import ACTIONS, action_of
from sessions_app.jobs.tasks import hint
from sessions_app.models import Job, JobRow

S = Job.State


def start(job: Job) -> None:
    """Start a job that was planned; a second start does nothing."""
    if not job.to_do:
        raise InvalidAction(_("There is nothing to do: every conversation is skipped."))
    _change(job, (S.PLANNED,), S.RUNNING, done=(S.RUNNING, S.FINISHED), started_at=clock.now())


def pause(job: Job) -> None:
    """Stop after the row at work; `resume` goes on."""
    _change(job, (S.RUNNING,), S.PAUSED, done=(S.PAUSED,))


def resume(job: Job) -> None:
    """Go on with the rows that are left, also of a job that was cancelled."""
    _change(job, (S.PAUSED, S.CANCELLED), S.RUNNING, done=(S.RUNNING,), ended_at=None)


def cancel(job: Job) -> None:
    """Stop for good; what was done stays, and can be undone. What is at another system is called off first."""
    with transaction.atomic():
        job.memo = Job.objects.select_for_update().values_list("memo", flat=True).get(pk=job.pk)
        ending = job.kind in ACTIONS and ACTIONS[job.kind].has_sent(job)
        if ending:
            job.rows.waiting().update(due_at=None)
        state = S.CANCELLING if ending else S.CANCELLED
        _change(job, (S.RUNNING, S.PAUSED), state, done=(S.CANCELLING, S.CANCELLED), ended_at=clock.now())


def retry(job: Job, rows: list[int] | None = None) -> None:
    """Do the failed rows again: all, or those with these keys."""
    with transaction.atomic():
        _must_be(job, (S.FINISHED, S.CANCELLED, S.RUNNING, S.PAUSED))
        failed = job.rows.filter(state=JobRow.State.FAILED)
        failed = failed if rows is None else failed.filter(pk__in=rows)
        if not failed.update(state=JobRow.State.PENDING, reason="", due_at=None):
            raise InvalidAction(_("No row of this job failed, so there is nothing to try again."))
        recount(job)
        _change(job, (S.FINISHED, S.CANCELLED, S.PAUSED, S.RUNNING), S.RUNNING, ended_at=None)


def undo(job: Job, rows: list[int] | None = None) -> None:
    """Undo what was done: all rows, or those with these keys. Rows that changed since stay as they are, and say so."""
    if not action_of(job.kind).can_undo:
        raise InvalidAction(_("This kind of job cannot be undone."))
    with transaction.atomic():
        _must_be(job, (S.FINISHED, S.CANCELLED, S.PAUSED, S.UNDONE))
        done = job.rows.filter(state=JobRow.State.DONE)
        done = done if rows is None else done.filter(pk__in=rows)
        if not done.update(state=JobRow.State.UNDOING, due_at=None):
            raise InvalidAction(_("Nothing that this job did is left to undo."))
        job.rows.filter(state=JobRow.State.PENDING).update(
            state=JobRow.State.SKIPPED, reason=_("The job was undone before its turn came"), done_at=clock.now()
        )
        recount(job)
        _change(job, (S.FINISHED, S.CANCELLED, S.PAUSED, S.UNDONE), S.UNDOING, ended_at=None)


def discard(job: Job) -> None:
    """Delete a dry run that was not started."""
    Job.objects.filter(pk=job.pk, state=S.PLANNED).delete()


def _must_be(job: Job, states: tuple[str, ...]) -> None:
    job.state = Job.objects.select_for_update().values_list("state", flat=True).get(pk=job.pk)
    if job.state not in states:
        raise InvalidAction(_refusal(job))


def _change(job: Job, states: tuple[str, ...], state: str, done: tuple[str, ...] = (), **told: Any) -> None:
    """Move the job from one of these states by compare-and-set. Does nothing where it is in `done` already."""
    if Job.objects.filter(pk=job.pk, state__in=states).update(state=state, rest_until=None, **told):
        job.state = state
        transaction.on_commit(lambda: publish_job(job.person_id))
        if job.is_working:
            transaction.on_commit(lambda: hint(job))
        return
    job.refresh_from_db()
    if job.state not in done:
        raise InvalidAction(_refusal(job))


def _refusal(job: Job) -> str:
    return _("That is not possible now, because the job's state is “%(state)s”.") % {"state": job.get_state_display()}
