"""The scheduler's process: it finds due work as long as the database answers, with or without Redis.

Any number may run; one leads, by a lease in the database, and another takes over within seconds when it is gone.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from types import FrameType

from django.conf import settings
from django.db import connections

from kern.threads.cancellation import Cancellation
from kern.threads.detached import start_aside
from kern_inbox.conf.settings_log import record_settings
from kern_inbox.processes.grace import HAND_OVER_SECONDS, Watchdog, end_now, grace_seconds, restart_process, restarts, within
from sessions_app.jobs import duties as job_duties
from sessions_app.models import Process
from sessions_app.workers import processes
from sessions_app.workers.duties import DUTIES, LONGEST, Rota

log = logging.getLogger(__name__)
#: Interval (seconds) of the main loop.
TICK = 0.2
#: A duty that hangs for so long (seconds) does not come back: the process is begun anew.
GIVE_UP = 300.0


class Scheduler:
    """The main loop, on the main thread, which uses neither database nor network: it cannot hang."""

    def __init__(self) -> None:
        self.rota = Rota((*DUTIES, *job_duties.DUTIES), settings.KERN_SWEEP_SECONDS)
        self.leads_until = 0.0
        self._is_asked_to_stop = False
        self._watchdog = Watchdog()
        self._telling_since: float | None = None
        self._told_at = -processes.BEAT_EVERY
        self._stuck_since: float | None = None
        self._settings_are_told = False

    def run(self) -> None:
        """Run until a signal asks to stop."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        log.info("the scheduler is ready.")
        while not self._is_asked_to_stop:
            self._watchdog.pat()
            self._tell()
            if time.monotonic() < self.leads_until:
                self.rota.begin_due()
            self._restart_if_stuck()
            time.sleep(TICK)
        self._end()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_asked_to_stop = True
        self._watchdog.begin_grace_time()

    def _record_settings(self) -> None:
        """Record changed settings in the audit log, once per start and by the leading process only."""
        if not self._settings_are_told:
            record_settings(os.environ)
            self._settings_are_told = True

    def _tell(self) -> None:
        """Record the heartbeat and keep the leadership, on another thread, one at a time."""
        now = time.monotonic()
        if self._telling_since is None and now - self._told_at >= processes.BEAT_EVERY / 2:
            self._telling_since = self._told_at = now
            start_aside(self._say, Cancellation())

    def _say(self) -> None:
        began = time.monotonic()
        try:
            if processes.lead():
                # By its own monotonic clock, from before it asked: it stops before another may begin.
                self.leads_until = began + processes.LEAD.total_seconds() - 2
                self._record_settings()
                if self.rota.is_whole:
                    processes.done()
            stuck = len(self.rota.stuck)
            processes.beat(processes.State(Process.Kind.SCHEDULER, stuck=stuck, restarts=restarts()))
        except Exception as error:  # noqa: BLE001 - the database failed; the next attempt may succeed
            log.warning("the scheduler could not say that it lives: %s", error)
        finally:
            connections.close_all()
            self._telling_since = None

    def _restart_if_stuck(self) -> None:
        now, since = time.monotonic(), self._telling_since
        if since is not None and now - since > LONGEST:
            hangs = [*self.rota.stuck, "word to the database"]
        else:
            hangs = self.rota.stuck
        if not hangs:
            self._stuck_since = None
            return
        self._stuck_since = self._stuck_since or now
        if now - self._stuck_since > GIVE_UP:
            log.error("the scheduler's %s hangs; it begins anew", ", ".join(hangs))
            restart_process()

    def _end(self) -> None:
        """Wait for running work, give up the leadership, and return."""
        latest = time.monotonic() + max(0.5, grace_seconds() - HAND_OVER_SECONDS)
        while not self.rota.is_idle and time.monotonic() < latest:
            time.sleep(TICK)
        within(HAND_OVER_SECONDS / 2, processes.leave)
        log.info("the scheduler ends")
        end_now()
