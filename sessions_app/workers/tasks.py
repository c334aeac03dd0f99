"""Celery tasks: each takes an id, may run twice, and calls a worker's half.

A message in the broker is a hint that there is work; the database is the truth. So publishing never fails the
caller, and the sweep repeats a lost hint.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from celery import shared_task
from celery.contrib.django.task import DjangoTask
from django.db import transaction
from prometheus_client import Counter

from sessions_app.infrastructure.circuit import AWAY, breaker
from sessions_app.webhooks.outgoing import delivering
from sessions_app.workers import naming, topics, turns

log = logging.getLogger(__name__)
LOST = Counter("kern_hints_lost_total", "Hints that the broker did not take; the sweep gives them again", ["task"])


class Hint(DjangoTask[..., None]):
    """A task whose publishing may fail."""

    def hint(self, *args: Any) -> bool:
        """Publish now. A broker that is away is one line in the log. Returns whether it was published."""
        try:
            breaker(str(self.app.conf.broker_url)).call(lambda: self.apply_async(args))
        except AWAY as error:
            LOST.labels(self.name).inc()
            log.warning("%s was not published, the sweep will: %s", self.name, error)
            return False
        return True

    def hint_each(self, ids: Iterable[str]) -> None:
        """Publish one hint for each id, until one cannot be: the next sweep finds the others."""
        for one in ids:
            if not self.hint(one):
                return

    def delay_on_commit(self, *args: Any) -> None:  # type: ignore[override]  # returns nothing in truth, too
        """Publish once the transaction is committed."""
        transaction.on_commit(lambda: self.hint(*args))


@shared_task(name="execute_turn", base=Hint, acks_late=True, ignore_result=True)
def execute_turn(run_id: str) -> None:
    """Work a pending run, then publish hints for work that became due in its session."""
    turns.execute(run_id)
    execute_turn.hint_each(turns.next_due(run_id))


@shared_task(name="name_session", base=Hint, acks_late=True, ignore_result=True)
def name_session(session_id: str) -> None:
    """Name a session whose naming is due."""
    naming.name(session_id)


@shared_task(name="check_topic", base=Hint, acks_late=True, ignore_result=True)
def check_topic(session_id: str) -> None:
    """Compare a session's name with its topic."""
    topics.check(session_id)


@shared_task(name="deliver_webhooks", base=Hint, acks_late=True, ignore_result=True)
def deliver_webhooks(endpoint: str) -> None:
    """Deliver what is due to an endpoint, then publish a hint for what is left."""
    if delivering.deliver(endpoint):
        deliver_webhooks.hint(endpoint)
