"""Probes for machines: liveness, readiness, work, metrics."""

from __future__ import annotations

import logging
import shutil
from secrets import compare_digest

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from kern_inbox.observability.measurements import registry
from sessions_app import desk
from sessions_app.infrastructure.circuit import AWAY, breaker
from sessions_app.workers import processes, work_state

log = logging.getLogger(__name__)
#: Free bytes of a disk on which things will soon go wrong, and of one on which they do.
LOW, FULL = 500 * 2**20, 20 * 2**20
#: A turn that waits so long (seconds) for a worker is late.
LATE = 60.0
#: Largest clock difference (seconds), shorter than a lease; more is a fault of the machines' set-up.
MOST_SKEW = 5.0


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Liveness: the process answers; nothing else is checked."""
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Readiness for a load balancer: database reachable with today's tables, and a usable desk.

    Other faults are reported (`degraded`), and are no reason to send people elsewhere: another web process would not help.
    """
    needed = {"database": database_state(), "desk": desk_state()}
    is_ready = all(state == "ok" for state in needed.values())
    states = {**needed, "redis": redis_state(), "disk": disk_state(), **work_states(needed["database"])}
    is_degraded = any(state not in ("ok", "none needed") for state in states.values())
    status = "unready" if not is_ready else "degraded" if is_degraded else "ok"
    return JsonResponse({"status": status, **states}, status=200 if is_ready else 503)


@never_cache
@require_safe
def work(request: HttpRequest) -> JsonResponse:
    """State of the work, for an alert: 503 when it has stopped.

    Stopped: no worker takes turns, no scheduler sweeps, or a turn waited longer for a worker than a whole turn may take.
    """
    database = database_state()
    states = {"database": database, **work_states(database)}
    is_done = all(states[name] == "ok" for name in ("database", "workers", "scheduler")) and states["queue"] != "stopped"
    return JsonResponse({"status": "ok" if is_done else "stopped", **states}, status=200 if is_done else 503)


def database_state() -> str:
    """Return `ok`, `unreachable` or `migrations are missing`."""
    try:
        executor = MigrationExecutor(connection)
        return "migrations are missing" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"
    except DatabaseError:
        return "unreachable"


def desk_state() -> str:
    """Return `ok` or `unusable`. The reason is in the log only, since this answer is public."""
    try:
        desk.load()
    except desk.DeskError as problem:
        log.error("%s", problem)
        return "unusable"
    return "ok"


def redis_state() -> str:
    """Return `ok`, `unreachable` (pages then read the change log, the sweep finds the work) or `none needed`."""
    url = settings.REDIS_URL
    if not url:
        return "none needed"

    def ask() -> None:
        with Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=0.5, retry=Retry(NoBackoff(), 0)) as redis:
            redis.ping()

    try:
        breaker(url).call(ask)
    except AWAY:
        return "unreachable"
    return "ok"


def disk_state() -> str:
    """Return `ok`, `low` or `full` for the free room on the disk of KERN_VAR; `unreachable` where it is gone."""
    try:
        free = shutil.disk_usage(settings.KERN_VAR).free
    except OSError:
        return "unreachable"
    return "full" if free < FULL else "low" if free < LOW else "ok"


def work_states(database: str) -> dict[str, str]:
    """Return the state of each part of the work, from the database."""
    names = ("workers", "naming", "scheduler", "queue", "threads", "clock")
    if database != "ok":
        return dict.fromkeys(names, "unknown")
    try:
        known, skew = work_state.look(), processes.clock_skew()
    except DatabaseError:
        return dict.fromkeys(names, "unknown")
    return {
        "workers": "ok" if known.works_on("turns") else "none",
        "naming": "ok" if known.works_on("naming") else "none",
        "scheduler": "ok" if known.sweeps else "silent",
        "queue": queue_state(known.oldest),
        "threads": "stuck" if known.stuck else "ok",
        "clock": "off" if max(known.largest_skew, abs(skew)) > MOST_SKEW else "ok",
    }


def queue_state(oldest: float | None) -> str:
    """Return `ok`, `late` or `stopped`, by the time that the oldest turn has waited for a worker."""
    if oldest is None or oldest < LATE:
        return "ok"
    return "stopped" if oldest > settings.KERN_TURN_SECONDS + LATE else "late"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Metrics in Prometheus' format, for staff and for holders of METRICS_TOKEN; for others the page does not exist (404)."""
    if not may_read_metrics(request):
        return HttpResponse("not found\n", status=404, content_type="text/plain")
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


def may_read_metrics(request: HttpRequest) -> bool:
    """Return whether the request has the bearer token METRICS_TOKEN, or comes from a signed-in member of staff."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if token and compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    person = getattr(request, "user", AnonymousUser())
    return bool(person.is_active and person.is_staff)
