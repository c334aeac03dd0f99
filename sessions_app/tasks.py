"""Doors for Celery: each takes an id, may run twice, and leaves the work to a worker's half.

A message in the broker is a hint that there is work; the database is the truth (design §4). So publishing never fails the
caller, and whatever hint gets lost the sweep gives again.
"""

from __future__ import annotations

import logging
from typing import Any

import redis
from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.db import transaction
from kombu.exceptions import OperationalError

from sessions_app import expiry, namer, retention, runner

log = logging.getLogger(__name__)


class Hint(DjangoTask[..., None]):
    """A task whose publishing may fail."""

    def hint(self, *args: Any) -> None:
        """Publish now. A broker that is away is one line in the log."""
        try:
            self.apply_async(args)
        except (OperationalError, redis.RedisError, OSError) as error:
            log.warning("%s was not published, the sweep will: %s", self.name, error)

    def delay_on_commit(self, *args: Any) -> None:  # type: ignore[override]  # returns nothing in truth, too
        """Publish once the transaction is committed."""
        transaction.on_commit(lambda: self.hint(*args))


@shared_task(base=Hint, acks_late=True, ignore_result=True)
def execute_turn(run_id: str) -> None:
    """Work a pending run, then hint at what became due in its session."""
    runner.execute(run_id)
    for due in runner.next_due(run_id):
        execute_turn.hint(due)


@shared_task(base=Hint, acks_late=True, ignore_result=True)
def name_session(session_id: str) -> None:
    """Name a session whose naming is due."""
    namer.name(session_id)


@shared_task(base=Hint, ignore_result=True)
def sweep() -> None:
    """Find what is due by its columns and give the hints for it."""
    runner.recover()
    runner.wake()
    expiry.expire()
    expiry.remind()
    retention.erase_due()
    for run_id in runner.due():
        execute_turn.hint(run_id)
    for session_id in namer.due():
        name_session.hint(session_id)
