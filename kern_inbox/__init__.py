"""The project around the application: settings, addresses, server and worker. Behaviour lives in `sessions_app`."""

from kern_inbox.processes.garbage import collect_rarely

# Before the rest is loaded.
collect_rarely()

from kern_inbox.celery import app as celery_app  # noqa: E402

__all__ = ["celery_app"]
