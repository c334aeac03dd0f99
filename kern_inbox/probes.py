"""What machines ask: is the program alive, is it ready, what did it measure."""

from __future__ import annotations

import logging
import os
from secrets import compare_digest

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from redis import Redis
from redis.exceptions import RedisError

from sessions_app import desk

log = logging.getLogger(__name__)


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whether requests can be served: the database must answer and know today's tables, and the desk must be usable.

    Redis may be away, and is told.
    """
    needed = {"database": database_state(), "desk": desk_state()}
    is_ready = all(state == "ok" for state in needed.values())
    return JsonResponse({**needed, "redis": redis_state()}, status=200 if is_ready else 503)


def database_state() -> str:
    """`ok`, `unreachable` or `migrations are missing`."""
    try:
        executor = MigrationExecutor(connection)
        return "migrations are missing" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"
    except DatabaseError:
        return "unreachable"


def desk_state() -> str:
    """`ok` or `unusable`. Why is in the log, and no business of whoever asks."""
    try:
        desk.load()
    except desk.DeskError as problem:
        log.error("%s", problem)
        return "unusable"
    return "ok"


def redis_state() -> str:
    """`ok`, `unreachable` (pages then read the change log, the sweep finds the work) or `none`."""
    if not settings.REDIS_URL:
        return "none"
    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as redis:
            redis.ping()
    except RedisError:
        return "unreachable"
    return "ok"


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Measurements in Prometheus' format, for staff and whoever has METRICS_TOKEN; for anybody else there is no such page."""
    if not may_read_metrics(request):
        return HttpResponse("not found\n", status=404, content_type="text/plain")
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


def may_read_metrics(request: HttpRequest) -> bool:
    """A bearer token equal to METRICS_TOKEN, or a signed-in member of staff."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if token and compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    person = getattr(request, "user", AnonymousUser())
    return bool(person.is_active and person.is_staff)


def registry() -> CollectorRegistry:
    """The measurements of all processes where they share a folder (PROMETHEUS_MULTIPROC_DIR), else of this one."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]  # the package leaves its constructor untyped
    return shared
