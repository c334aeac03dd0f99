"""Periodic duties, each on a thread of its own: one that hangs or fails delays no other.

The scheduler's process runs them (`manage.py scheduler`). They need the database alone; the broker gets hints where there is
one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connections
from prometheus_client import Counter, Gauge

from kern.threads.cancellation import Cancellation
from kern.threads.detached import start_aside
from sessions_app.accounts import tokens
from sessions_app.customers import erased_words, retention
from sessions_app.policy import daily_limits
from sessions_app.webhooks import retention as webhook_retention
from sessions_app.webhooks.outgoing import delivering, outbox
from sessions_app.workers import assigning, expiry, indexing, processes
from sessions_app.workers import naming as naming_workers
from sessions_app.workers import topics as topic_workers
from sessions_app.workers import turns as turns_workers
from sessions_app.workers.tasks import check_topic, deliver_webhooks, execute_turn, name_session

log = logging.getLogger(__name__)
FAILURES = Counter("kern_duty_failures_total", "How often a duty of the scheduler failed", ["duty"])
SECONDS = Gauge("kern_duty_seconds", "How long a duty of the scheduler took when it was last done", ["duty"])
#: A duty that takes longer (seconds) is taken for stuck.
LONGEST = 60.0


@dataclass(frozen=True)
class Duty:
    """One periodic duty. `every` is in seconds, from start to start; it never runs twice at once."""

    name: str
    act: Callable[[], object]
    every: float = 1.0


def turns() -> None:
    """Recover turns of dead workers, and publish hints for those that no worker took."""
    turns_workers.recover()
    execute_turn.hint_each(turns_workers.due())


def naming() -> None:
    """Publish hints for sessions whose naming is due."""
    name_session.hint_each(naming_workers.due())


def topics() -> None:
    """Publish hints for sessions whose name is to be compared with their topic."""
    check_topic.hint_each(topic_workers.due())


def webhooks() -> None:
    """Make deliveries of what happened, and publish hints for endpoints that have something due."""
    outbox.collect()
    deliver_webhooks.hint_each(delivering.due())


#: In sweeps: a duty of 2 is done in every second one.
DUTIES: tuple[Duty, ...] = (
    Duty("turns", turns),
    Duty("naming", naming),
    Duty("topics", topics, every=2),
    # Others wait for these: a fifth of a sweep is a second.
    Duty("webhooks", webhooks, every=0.2),
    Duty("snoozed", turns_workers.wake),
    Duty("held", turns_workers.go_on),
    # A customer waits: a fifth of a sweep is a second.
    Duty("assigning", assigning.assign_waiting, every=0.2),
    Duty("assignees", assigning.free_left, every=12),
    Duty("expiry", expiry.expire),
    # Mail servers are slow. Who is late to be reminded loses nothing.
    Duty("reminders", expiry.remind),
    Duty("retention", retention.erase_due),
    Duty("tokens", tokens.warn, every=60),
    Duty("tidying", processes.tidy, every=60),
    Duty("webhooks kept", webhook_retention.tidy, every=60),
    Duty("days", daily_limits.tidy, every=60),
    Duty("search", indexing.index_some),
    Duty("erased words", erased_words.purge),
    Duty("tickets", retention.forget_tickets, every=60),
)


def sweep() -> None:
    """Run every duty once, one after the other, on this thread. Raises the exception of the first that fails."""
    for duty in DUTIES:
        duty.act()


class Rota:
    """The duties of one process, and the running ones."""

    def __init__(self, duties: Sequence[Duty], every: float) -> None:
        self._duties = duties
        self._every = every
        self._begun: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._failed: set[str] = set()

    def begin_due(self) -> None:
        """Start each duty whose time has come and that is not still running."""
        now = time.monotonic()
        for duty in self._duties:
            if duty.name not in self._begun and self._due.get(duty.name, 0.0) <= now:
                self._begun[duty.name] = now
                self._due[duty.name] = now + duty.every * self._every
                start_aside(lambda duty=duty: self._do(duty), Cancellation(), "duty")  # type: ignore[misc]

    @property
    def stuck(self) -> list[str]:
        """Return duties that take longer than any should."""
        latest = time.monotonic() - LONGEST
        return [name for name, begun in list(self._begun.items()) if begun < latest]

    @property
    def is_whole(self) -> bool:
        """True if no duty hangs, and each last run succeeded."""
        return not self.stuck and not self._failed

    @property
    def is_idle(self) -> bool:
        """True if no duty runs."""
        return not self._begun

    def _do(self, duty: Duty) -> None:
        began = time.monotonic()
        try:
            duty.act()
            self._failed.discard(duty.name)
        except Exception as error:
            FAILURES.labels(duty.name).inc()
            if duty.name in self._failed:
                log.warning("the scheduler's %s failed again: %s", duty.name, error)
            else:
                log.exception("the scheduler's %s failed", duty.name)
            self._failed.add(duty.name)
        finally:
            SECONDS.labels(duty.name).set(time.monotonic() - began)
            connections.close_all()
            self._begun.pop(duty.name, None)
