"""The project around the application: settings, addresses, server and worker. Behaviour lives in `sessions_app`."""

from kern_inbox.celery import app as celery_app

__all__ = ["celery_app"]
