"""Bulk jobs in tests: several conversations, and a worker that works until nothing is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sessions_app.actions import sessions
from sessions_app.jobs import engine
from sessions_app.models import Job, Queue, Session


@pytest.fixture
def several(orders: Queue) -> list[Session]:
    """Three conversations of the orders queue."""
    return [sessions.start_session(orders, user_id=f"kim-{number}", customer_name=f"Kim {number}") for number in range(3)]


@pytest.fixture
def worked() -> Callable[[Job], Job]:
    """Do what workers do until the job has nothing to do; returns the job as it is then."""

    def work_all(job: Job) -> Job:
        while engine.work(job.pk):
            pass
        job.refresh_from_db()
        return job

    return work_all
