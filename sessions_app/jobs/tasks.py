"""Celery tasks of bulk jobs: hints that a job has work. The scheduler repeats lost ones."""

from __future__ import annotations

from celery import shared_task

from sessions_app.infrastructure import clock
from sessions_app.jobs import engine
from sessions_app.jobs.registry import ACTIONS
from sessions_app.models import Job
from sessions_app.workers.tasks import Hint


@shared_task(name="work_job", base=Hint, acks_late=True, ignore_result=True)
def work_job(job_pk: int) -> None:
    """Work a job that changes rows alone for a while."""
    if engine.work(job_pk):
        work_job.hint(job_pk)


@shared_task(name="work_naming_job", base=Hint, acks_late=True, ignore_result=True)
def work_naming_job(job_pk: int) -> None:
    """Work a job that asks models for a while, beside other naming: no customer's turn waits for it."""
    if engine.work(job_pk):
        work_naming_job.hint(job_pk)


def hint(job: Job) -> bool:
    """Publish a hint that the job has work. Returns whether it was published."""
    action = ACTIONS.get(job.kind)
    task = work_naming_job if action is not None and action.queue == "naming" else work_job
    return task.hint(job.pk)


def hint_due() -> None:
    """Publish hints for jobs with work that no living worker has: the scheduler's duty."""
    for job in Job.objects.without_worker(clock.now()).order_by("pk")[:100]:
        if not hint(job):
            return
