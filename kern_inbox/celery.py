"""The Celery application; workers start with `celery -A kern_inbox worker`."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, setup_logging, task_postrun, task_prerun

from kern_inbox.conf.task_queues import WORKER_SOCKET_SECONDS
from kern_inbox.observability.logs import current_id

# Before Celery(): only then it knows that Django is here and gives database connections back after each task.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kern_inbox.settings")

app = Celery("kern_inbox")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["sessions_app.workers"])


@celeryd_init.connect
def wait_for_work(conf: Any, **_: Any) -> None:
    """A worker's connections may be silent for longer than those of a web process that publishes."""
    conf.broker_transport_options = {**conf.broker_transport_options, "socket_timeout": WORKER_SOCKET_SECONDS}


@celeryd_init.connect
def look_at_the_desk(**_: Any) -> None:
    """A worker whose desk is not usable ends here and says why."""
    # This module is read before Django is ready, this signal comes after.
    from kern_inbox.processes.desks import require_desk
    from kern_inbox.processes.memory import give_large_blocks_back
    from kern_inbox.processes.worker import watch_worker

    require_desk()
    give_large_blocks_back()
    watch_worker()


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Being connected is enough: Celery leaves logging as Django's settings made it."""


@task_prerun.connect
def name_log_lines(task_id: str, **_: Any) -> None:
    """Lines logged while a task runs carry the first part of its id."""
    current_id.set(task_id[:8])


@task_postrun.connect
def forget_log_lines(**_: Any) -> None:
    """The thread goes on to other work."""
    current_id.set("-")
