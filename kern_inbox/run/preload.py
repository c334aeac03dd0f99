"""Load what the processes need before they are made, once for all of them."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.utils.module_loading import import_string

from kern_inbox.processes.garbage import freeze_loaded_objects
from sessions_app import desk

#: What serves pages, and what works tasks. None of it opens a connection or begins a thread when it is loaded.
MODULES = (
    "uvicorn.main",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "django.core.asgi",
    "celery.apps.worker",
    "celery.bin.worker",
    "celery.concurrency.thread",
    "celery.worker.consumer",
    "celery.worker.components",
    "celery.loaders.app",
    "celery.fixups.django",
    "kern_inbox.conf.broker",
)


def load() -> None:
    """Load the modules of every process but the desk's."""
    for name in (*MODULES, settings.ROOT_URLCONF):
        import_module(name)
    for path in settings.MIDDLEWARE:
        import_string(path)
    if not desk.is_offline():
        import_module("openai")
    freeze_loaded_objects()
