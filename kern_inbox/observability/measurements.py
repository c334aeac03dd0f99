"""The metrics of `/metrics`: of this process, of the workers as they reported them, and of the database.

There are no files. prometheus-client's own way to share between processes maps files into memory; on a full disk that ends the
process, and it reaches no other machine. So each worker writes its metrics into its row.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db import DatabaseError
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from kern.threads.detached import left_behind
from sessions_app.models import Process
from sessions_app.workers import processes, work_state

#: As in `kern_inbox.processes.worker`.
STUCK_AFTER = 10.0


class MetricsCollector:
    """Collector of all metrics."""

    def collect(self) -> Iterator[Metric]:
        families = {family.name: family for family in REGISTRY.collect()}
        for family in _own():
            families[family.name] = family
        try:
            work = work_state.look()
            skew = processes.clock_skew()
        except DatabaseError:
            families["kern_database_up"] = _gauge("kern_database_up", "Whether the database answers", 0)
        else:
            families |= {family.name: family for family in _of_work(work, skew)}
            for process in work.processes:
                _add(families, process)
        yield from families.values()


def registry() -> CollectorRegistry:
    """Return a registry of all metrics."""
    everything = CollectorRegistry()
    everything.register(MetricsCollector())
    return everything


def _own() -> Iterator[Metric]:
    """Yield this process's metrics that need no database."""
    yield _gauge("kern_web_stuck_threads", "Threads of this web process that do not come back", left_behind(STUCK_AFTER))
    try:
        disk = shutil.disk_usage(settings.KERN_VAR)
    except OSError:
        return
    yield _gauge("kern_disk_free_bytes", "Free bytes on the disk of KERN_VAR", disk.free)
    yield _gauge("kern_disk_free_ratio", "Free share of the disk of KERN_VAR", disk.free / max(1, disk.total))


def _of_work(work: work_state.Work, skew: float) -> Iterator[Metric]:
    yield _gauge("kern_database_up", "Whether the database answers", 1)
    yield _gauge("kern_web_clock_skew_seconds", "Seconds by which this web process's clock is ahead of the database's", skew)
    yield _gauge("kern_turns_waiting", "Turns that wait for a worker", work.pending)
    yield _gauge("kern_turns_waiting_oldest_seconds", "How long the oldest of them waits", work.oldest or 0)
    yield _gauge("kern_turns_running", "Turns that workers work on", work.running)
    yield _gauge("kern_turns_paused", "Turns that wait for people", work.paused)
    yield _gauge("kern_names_waiting", "Conversations whose naming is due", work.unnamed)
    if work.swept is not None:
        yield _gauge("kern_sweep_age_seconds", "How long ago everything that was due was last found", work.swept)
    alive = GaugeMetricFamily("kern_processes_alive", "Processes that were heard of lately", labels=["kind", "queues"])
    kinds = [(process.kind, process.queues) for process in work.processes]
    for kind, queues in sorted(set(kinds) | {("worker", "turns"), ("worker", "naming"), ("scheduler", "")}):
        alive.add_metric([kind, queues], kinds.count((kind, queues)))
    yield alive
    for name, about, field in _COLUMNS:
        family = GaugeMetricFamily(name, about, labels=["process", "kind"])
        for process in work.processes:
            family.add_metric([process.name, process.kind], float(getattr(process, field)))
        yield family


_COLUMNS = (
    ("kern_worker_threads", "Turns or names it can work on at once", "threads"),
    ("kern_worker_busy_threads", "What it works on", "busy"),
    ("kern_stuck_threads", "Threads that do not come back", "stuck"),
    ("kern_process_restarts", "How often it began anew by itself", "restarts"),
    ("kern_clock_skew_seconds", "Seconds by which its clock is ahead of the database's", "clock_skew"),
)


def _add(families: dict[str, Metric], process: Process) -> None:
    """Add another process's metrics, each sample with the process's name."""
    for family in _parsed(process.measurements):
        known = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
        for sample in family.samples:
            known.add_sample(sample.name, {**sample.labels, "process": process.name}, sample.value)


def _parsed(text: str) -> Iterable[Metric]:
    try:
        return list(text_string_to_metric_families(text))
    except ValueError:
        # Cut off in the middle, where it was too long.
        return []


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)
