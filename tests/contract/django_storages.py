"""DjangoDb on a SQLite file and on PostgreSQL, whatever database the other tests run on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from kern.db.base import Db
from kern.loop.heartbeat import heartbeat
from kern_inbox.conf.databases import postgresql, sqlite
from kern_inbox.conf.parsers import database_url
from sessions_app.models import Session
from sessions_app.store import DjangoDb
from tests.tables import put_tables

#: Databases of this test process that have their tables.
_made: set[str] = set()


def django_sqlite(request: pytest.FixtureRequest) -> Iterator[Db]:
    folder: Path = request.getfixturevalue("tmp_path_factory").getbasetemp()
    yield from _opened(request, sqlite({"NAME": str(folder / "contract.sqlite3")}))


def django_postgresql(request: pytest.FixtureRequest) -> Iterator[Db]:
    described = database_url(request.getfixturevalue("postgres_url"))
    yield from _opened(request, postgresql({**described, "NAME": "contract"}, pool_size=20))


def end_thread() -> None:
    """What a worker's thread does with its connections when it is done."""
    connections.close_all()


def _opened(request: pytest.FixtureRequest, described: dict[str, Any]) -> Iterator[Db]:
    with request.getfixturevalue("django_db_blocker").unblock(), as_default(described):
        name = f"{described['ENGINE']} {described['NAME']}"
        if name not in _made:
            put_tables(described, str(described["NAME"]))
            _made.add(name)
        yield DjangoDb()
        Session.objects.all().delete()


@contextmanager
def as_default(described: dict[str, Any]) -> Iterator[None]:
    """Make it the default database of all threads for the length of the block."""
    before = connections.settings["default"]
    _forget_connection()
    connections.settings["default"] = connections.configure_settings({"default": described})["default"]
    try:
        yield
    finally:
        _forget_connection()
        connections.settings["default"] = before


def _forget_connection() -> None:
    """Close this thread's connection, and the pool, which Django would keep by the alias alone; the heartbeat's as well."""
    heartbeat.start_afresh()
    connections["default"].close()
    if connections["default"].vendor == "postgresql":
        connections["default"].close_pool()  # type: ignore[attr-defined]
    del connections["default"]
