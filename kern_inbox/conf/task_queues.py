"""Celery's settings: the queue of each task, and behaviour while the broker is away.

The database is the truth and a message in the broker only a hint that there is work. So publishing gives up quickly, results
are not kept, and the sweep enqueues again the work of lost hints.
"""

from __future__ import annotations

from typing import Any

from kern_inbox.conf.broker import TRANSPORT, broker_url

QUEUES = ("turns", "naming", "jobs", "webhooks")
#: Queues of work for which no customer waits.
IN_BACKGROUND = frozenset({"naming", "jobs"})
#: Interval (seconds) of the scheduler's sweep.
SWEEP_SECONDS = 5.0


def configuration(redis_url: str, turn_seconds: int, threads: int) -> dict[str, Any]:
    """Return Celery's settings as Django settings. `turn_seconds` is the longest turn; redelivery waits well beyond it."""
    options: dict[str, Any] = {
        "BROKER_URL": broker_url(redis_url) if redis_url else "memory://",
        "BROKER_TRANSPORT": TRANSPORT if redis_url else None,
        "BROKER_TRANSPORT_OPTIONS": transport_options(turn_seconds) if redis_url else {},
        "BROKER_CONNECTION_TIMEOUT": 1,
        "BROKER_CONNECTION_RETRY_ON_STARTUP": True,
        "BROKER_CONNECTION_MAX_RETRIES": None,
        "TASK_PUBLISH_RETRY_POLICY": {"max_retries": 1, "interval_start": 0, "interval_step": 0.05, "interval_max": 0.05},
        "TASK_IGNORE_RESULT": True,
        "TASK_STORE_ERRORS_EVEN_IF_IGNORED": False,
        "TASK_ACKS_LATE": True,
        "TASK_REJECT_ON_WORKER_LOST": True,
        "TASK_DEFAULT_QUEUE": "turns",
        "TASK_QUEUES": {name: {} for name in QUEUES},
        "TASK_ROUTES": {
            "execute_turn": {"queue": "turns"},
            "name_session": {"queue": "naming"},
            "check_topic": {"queue": "naming"},
            "work_job": {"queue": "jobs"},
            "work_naming_job": {"queue": "naming"},
            "deliver_webhooks": {"queue": "webhooks"},
        },
        "WORKER_POOL": "threads",
        "WORKER_CONCURRENCY": threads,
        "WORKER_PREFETCH_MULTIPLIER": 1,
        "WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS": False,
        "WORKER_SEND_TASK_EVENTS": False,
        "WORKER_ENABLE_REMOTE_CONTROL": False,
    }
    return {f"CELERY_{name}": value for name, value in options.items()}


# A worker waits a second at a time for work to come, so its patience must be longer than that of a web process.
WORKER_SOCKET_SECONDS = 10


def transport_options(turn_seconds: int) -> dict[str, Any]:
    """Return options of the Redis transport.

    The restore pair makes redelivery take the visibility timeout, not five times it.
    """
    return {
        "visibility_timeout": turn_seconds * 2 + 60,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.05,
        "interval_max": 0.05,
        "socket_connect_timeout": 0.5,
        "socket_timeout": 0.5,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "global_keyprefix": "kern:",
    }
