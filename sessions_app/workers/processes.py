"""Heartbeats of processes, and the leader's lease. See `sessions_app.models.process`."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest

from sessions_app.infrastructure import clock
from sessions_app.models import Leader, Process

log = logging.getLogger(__name__)

#: Interval (seconds) of heartbeats.
BEAT_EVERY = 5.0
#: Of what a process counted, so many characters are kept; the names of tools and routes are few.
MOST_MEASURED = 200_000
SWEEP = "sweep"
#: So long a leader leads without saying so again.
LEAD = timedelta(seconds=15)


@dataclass(frozen=True)
class State:
    """A process's report of its state."""

    kind: Process.Kind
    queues: str = ""
    threads: int = 0
    busy: int = 0
    stuck: int = 0
    restarts: int = 0


def own_name() -> str:
    """Return this process's name: machine and number."""
    return f"{socket.gethostname()}/{os.getpid()}"[:120]


def beat(state: State) -> None:
    """Record a heartbeat with the process's state."""
    told = {
        "kind": state.kind,
        "queues": state.queues[:100],
        "threads": state.threads,
        "busy": state.busy,
        "stuck": state.stuck,
        "restarts": state.restarts,
        "clock_skew": clock_skew(),
        "measurements": measured(),
        "beat_at": Now(),
    }
    if not Process.objects.filter(name=own_name()).update(**told):
        Process.objects.update_or_create(name=own_name(), defaults=told)


def leave() -> None:
    """Delete this process's row at a regular end."""
    Process.objects.filter(name=own_name()).delete()
    Leader.objects.filter(holder=own_name()).update(holder="", until=Now())


def clock_skew() -> float:
    """Return the seconds by which this process's clock is ahead of the common one."""
    return round(-clock.shift(), 3)


def measured(registry: CollectorRegistry = REGISTRY) -> str:
    """Return this process's metrics in Prometheus' format."""
    # Not `splitlines`: a label may hold what that takes for the end of a line, too.
    lines = generate_latest(registry).decode().split("\n")
    ours = [line for line in lines if line.startswith(("kern_", "# TYPE kern_")) and "_created" not in line]
    return "".join(f"{line}\n" for line in ours)[:MOST_MEASURED]


def lead(name: str = SWEEP) -> bool:
    """Take or renew the leader's lease, by the database's clock. Returns whether this process leads now."""
    me = own_name()
    Leader.objects.get_or_create(name=name)
    with transaction.atomic():
        free = Q(holder=me) | Q(holder="") | Q(until__lt=Now())
        return bool(Leader.objects.filter(free, name=name).update(holder=me, until=Now() + LEAD))


def done(name: str = SWEEP) -> None:
    """Record that the work of that name was completed."""
    Leader.objects.filter(name=name).update(done_at=Now())


def tidy() -> None:
    """Delete rows of processes that died long ago."""
    Process.objects.forgettable().delete()


def age(moment: datetime | None) -> float | None:
    """Return the seconds since that time, by the database's clock; `None` for never."""
    return None if moment is None else max(0.0, (clock.now() - moment).total_seconds())
