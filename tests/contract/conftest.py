"""The storages that keep the contract of `kern.db.base`. To add one: write what opens it, append a `Storage`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from kern.db.base import Db
from kern.db.sqlite import SqliteDb
from tests.contract.django_storages import django_postgresql, django_sqlite, end_thread

#: Calls functions in one thread each, all let go at the same moment.
AtOnce = Callable[..., list[Any]]


@dataclass(frozen=True)
class Storage:
    """One implementation under test.

    `open` gets the test's `request` (for other fixtures) and yields the database, empty. `one_active_run` says that a
    session takes no second active run without a parent; `drops_approvals` that a cancelled run cancels what was approved in it
    and not begun, too. `end_thread` runs at the end of each thread a test starts. `marks` are pytest's.
    """

    name: str
    open: Callable[[pytest.FixtureRequest], Iterator[Db]]
    one_active_run: bool = False
    drops_approvals: bool = False
    end_thread: Callable[[], None] = lambda: None
    marks: tuple[pytest.MarkDecorator, ...] = ()


def sqlite_file(request: pytest.FixtureRequest) -> Iterator[Db]:
    db = SqliteDb(request.getfixturevalue("tmp_path") / "kern.db")
    yield db
    db.close()


def sqlite_memory(request: pytest.FixtureRequest) -> Iterator[Db]:
    db = SqliteDb(":memory:")
    yield db
    db.close()


DJANGO: dict[str, Any] = {"one_active_run": True, "drops_approvals": True, "end_thread": end_thread}
STORAGES = [
    Storage("sqlite-file", sqlite_file),
    Storage("sqlite-memory", sqlite_memory),
    Storage("django-sqlite", django_sqlite, **DJANGO),
    Storage("django-postgresql", django_postgresql, **DJANGO, marks=(pytest.mark.postgres,)),
]


@pytest.fixture(params=[pytest.param(item, id=item.name, marks=item.marks) for item in STORAGES])
def storage(request: pytest.FixtureRequest) -> Storage:
    param: Storage = request.param
    return param


@pytest.fixture
def db(storage: Storage, request: pytest.FixtureRequest) -> Iterator[Db]:
    with contextmanager(storage.open)(request) as opened:
        yield opened


@pytest.fixture
def at_once(storage: Storage) -> AtOnce:
    """Call functions in one thread each, all let go at the same moment; gives their results, an exception as a result too."""

    def run(*functions: Callable[[], Any]) -> list[Any]:
        gate = threading.Barrier(len(functions))

        def outcome(function: Callable[[], Any]) -> Any:
            try:
                gate.wait()
                return function()
            except Exception as error:  # noqa: BLE001 (the test judges it)
                return error
            finally:
                storage.end_thread()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(outcome, functions))

    return run
