"""A worker's process beside Celery: heartbeat, detection of stuck threads, and shutdown.

Celery lets running tasks end however long they take, and Python waits for every thread of its pool. So when it is asked to
stop, a thread of ours lets living turns end for as long as its grace time allows, gives the others back, and ends the process.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from celery.signals import task_postrun, task_prerun, worker_init, worker_ready, worker_shutdown, worker_shutting_down
from celery.worker import state
from django.conf import settings
from django.db import connections

from kern.loop.execution import TOOL
from kern.loop.heartbeat import heartbeat
from kern.threads.cancellation import Cancellation
from kern.threads.detached import left_behind, running, start_aside
from kern_inbox.processes.grace import HAND_OVER_SECONDS, Watchdog, end_now, grace_seconds, restart_process, restarts, within

log = logging.getLogger(__name__)
#: Interval (seconds) of the worker's own check.
TICK = 0.25
#: A thread whose work was abandoned so many seconds ago counts as stuck.
STUCK_AFTER = 10.0
#: A task holds its thread at most so many seconds longer than a turn may take.
TASK_MARGIN = 60.0
#: A word to the database takes at most so many seconds before another is tried.
TELLING = 60.0
#: A worker that begins anew waits so long (seconds) for models. They can be asked again, and customers should not wait.
MODELS_MAY_TAKE = 5.0


class Worker:
    """The one worker of this process."""

    def __init__(self) -> None:
        self.threads = 1
        self.queues = ""
        self.begun: dict[str, float] = {}
        self.asked_at: float | None = None
        self.restarts_itself = False
        self._watchdog = Watchdog()
        self._is_telling = False
        self._told_at = float("-inf")

    # Celery's signals ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start with the process, which may be asked to stop before it ever reached the broker."""
        threading.Thread(target=self._watch, name="kern-worker", daemon=True).start()

    def ready(self, controller: Any) -> None:
        """Handle Celery's signal that it takes tasks, perhaps again after it had lost the broker."""
        self.threads = int(controller.concurrency)
        self.queues = ",".join(sorted(controller.app.amqp.queues.consume_from))

    def stop(self) -> None:
        """Handle a signal to stop. This runs in the signal handler, in the middle of anything."""
        if self.asked_at is None:
            self.asked_at = time.monotonic()
        self._watchdog.begin_grace_time()

    def ended(self, code: int) -> None:
        """Handle the end of Celery: every task has ended."""
        from sessions_app.workers import processes

        within(HAND_OVER_SECONDS / 2, processes.leave)
        if self.restarts_itself:
            restart_process()
        # Threads that hang keep Python from ending, and nothing else is left to do.
        if left_behind(0) or self.begun:
            end_now(code)

    # State --------------------------------------------------------------------------------------------------------------

    @property
    def stuck(self) -> int:
        """The number of stuck threads: abandoned ones of models, tools and turns, and of tasks that hold theirs too long."""
        latest = time.monotonic() - settings.KERN_TURN_SECONDS - TASK_MARGIN
        return left_behind(STUCK_AFTER) + sum(1 for begun in list(self.begun.values()) if begun < latest)

    @property
    def most_stuck(self) -> int:
        """The number of stuck threads that is too many: half of all, but at least two.

        Each may hold a database connection and its tool's resources; half of them leave half for the others.
        """
        return max(2, self.threads // 2)

    # Actions ------------------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        while True:
            time.sleep(TICK)
            if self.asked_at is None:
                self._watchdog.pat()
                self._tell()
                self._restart_if_needed()
            elif time.monotonic() >= self.asked_at + self._patience:
                self._hand_over()

    @property
    def _patience(self) -> float:
        """Return the seconds that running turns may go on after a signal to stop."""
        longest = grace_seconds() - HAND_OVER_SECONDS
        return min(MODELS_MAY_TAKE, longest) if self.restarts_itself and not running(TOOL) else longest

    def _restart_if_needed(self) -> None:
        stuck = self.stuck
        if stuck < self.most_stuck:
            return
        log.error(
            "%d threads hang beside the %d that work; the worker hands its turns over and begins anew", stuck, self.threads
        )
        self.restarts_itself = True
        self.stop()
        # Celery looks at it between two events, and then stops as if a signal had asked.
        state.should_stop = 0  # type: ignore[assignment]  # Celery's stubs know `None` alone

    def _hand_over(self) -> None:
        claims, hinted = heartbeat.claims(), _hinted()

        def give_back() -> None:
            from sessions_app.workers import giving_back, processes

            given = giving_back.give_back(claims, hinted)
            log.warning("%d of %d turns that did not end were handed over", len(given), len(claims))
            processes.leave()
            giving_back.hint(given, hinted)

        within(HAND_OVER_SECONDS - 1.0, give_back)
        if self.restarts_itself:
            restart_process()
        end_now()

    def _tell(self) -> None:
        now = time.monotonic()
        # One that hangs is left behind: others see whether the next one gets through.
        may_tell = not self._is_telling or now - self._told_at >= TELLING
        if self.queues and may_tell and now - self._told_at >= _beat_every():
            self._is_telling, self._told_at = True, now
            start_aside(self._say, Cancellation())

    def _say(self) -> None:
        from sessions_app.models import Process
        from sessions_app.workers import processes

        told = processes.State(
            Process.Kind.WORKER, self.queues, self.threads, busy=len(self.begun), stuck=self.stuck, restarts=restarts()
        )
        try:
            processes.beat(told)
        except Exception as error:  # noqa: BLE001 - the database failed; the next attempt may succeed
            log.warning("the worker could not say that it lives: %s", error)
        finally:
            connections.close_all()
            self._is_telling = False


def _beat_every() -> float:
    from sessions_app.workers import processes

    return processes.BEAT_EVERY


def _hinted() -> list[str]:
    """Return ids of runs in this worker's prefetched messages that have not begun."""
    waiting = [request for request in list(state.reserved_requests) if request not in state.active_requests]
    return [str(request.args[0]) for request in waiting if request.name.endswith("execute_turn") and request.args]


def watch_worker() -> None:
    """Connect the worker of this process to Celery's signals."""
    worker = Worker()
    hold: dict[str, Any] = {"weak": False}
    worker_init.connect(lambda **_: worker.start(), **hold)
    worker_ready.connect(lambda sender, **_: worker.ready(sender.controller), **hold)
    worker_shutting_down.connect(lambda **_: worker.stop(), **hold)
    worker_shutdown.connect(lambda sender, **_: worker.ended(sender.exitcode or 0), **hold)
    task_prerun.connect(lambda task_id, **_: worker.begun.update({task_id: time.monotonic()}), **hold)
    task_postrun.connect(lambda task_id, **_: worker.begun.pop(task_id, None), **hold)
