"""Storage of the library's records in Django's models."""

from sessions_app.store.db import DjangoDb
from sessions_app.store.records import requirement_record

__all__ = ["DjangoDb", "requirement_record"]
