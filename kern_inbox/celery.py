"""The Celery application; workers start with `celery -A kern_inbox worker`."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_after_setup, celeryd_init, setup_logging, task_postrun, task_prerun

from kern_inbox.conf.task_queues import IN_BACKGROUND, WORKER_SOCKET_SECONDS
from kern_inbox.observability.logs import current_id

# Before Celery(): only then it knows that Django is here and gives database connections back after each task.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kern_inbox.settings")

#: The processor's scheduler gives such a process about a tenth of what it gives others that compute, and all that is idle.
NICENESS = 10

app = Celery("kern_inbox")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["sessions_app.workers", "sessions_app.jobs"])


@celeryd_init.connect
def allow_idle_connections(conf: Any, **_: Any) -> None:
    """Allow longer silence on a worker's connections than on those of a web process that publishes."""
    conf.broker_transport_options = {**conf.broker_transport_options, "socket_timeout": WORKER_SOCKET_SECONDS}


@celeryd_init.connect
def require_desk_of_worker(**_: Any) -> None:
    """End a worker whose desk is not usable, with the reason."""
    # This module is read before Django is ready, this signal comes after.
    from kern_inbox.processes.desks import require_desk
    from kern_inbox.processes.memory import return_large_blocks
    from kern_inbox.processes.worker import watch_worker

    require_desk()
    return_large_blocks()
    watch_worker()


@celeryd_after_setup.connect
def give_way(instance: Any, **_: Any) -> None:
    """Lower the priority of a worker of names and bulk jobs alone: pages and customers' turns come first on its machine."""
    if IN_BACKGROUND.issuperset(instance.app.amqp.queues.consume_from):
        # Not added up: a worker that begins anew has it already.
        os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), NICENESS))


@setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """Keep the logging of Django's settings: a connected receiver stops Celery from configuring its own."""


@task_prerun.connect
def set_task_of_log_lines(task_id: str, **_: Any) -> None:
    """Put the first part of the task's id on lines logged while it runs."""
    current_id.set(task_id[:8])


@task_postrun.connect
def clear_task_of_log_lines(**_: Any) -> None:
    """Remove the task's id from the thread, which goes on to other work."""
    current_id.set("-")
