"""What every test may ask for, and the rule that nothing is skipped where KERN_CI is set."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import NoReturn, TypeVar

import hypothesis
import pytest
from django.db import connections
from playwright.sync_api import Browser
from psycopg.pq import TransactionStatus

from kern_inbox.processes.garbage import freeze_loaded_objects
from kern_inbox.run.embedded_redis import embedded_redis
from tests import flaky, statements
from tests.chromium import started_chromium
from tests.durations import pytest_runtest_protocol
from tests.flaky import pytest_terminal_summary
from tests.servers import MissingServerError, chromium, postgresql_programs, temporary_postgresql
from tests.statements import pytest_runtest_setup, pytest_runtest_teardown
from tests.steps import FOLDERS
from tests.tables import demo_tables, django_db_keepdb, django_db_modify_db_settings, installed, tables

__all__ = [
    "demo_tables",
    "django_db_keepdb",
    "django_db_modify_db_settings",
    "installed",
    "pytest_runtest_protocol",
    "pytest_runtest_setup",
    "pytest_runtest_teardown",
    "pytest_terminal_summary",
    "tables",
]

# No test looks at the clock: on a busy machine a slow example is no wrong one.
hypothesis.settings.register_profile("kern", deadline=None)
hypothesis.settings.load_profile("kern")

T = TypeVar("T")
TESTS = Path(__file__).parent
IN_CI = os.environ.get("KERN_CI", "0") not in ("", "0")


def missing(reason: str) -> NoReturn:
    """A developer's machine may lack a server: skip. The machine that judges a change may not: fail."""
    if IN_CI:
        pytest.fail(f"{reason}, and KERN_CI allows no skipping", pytrace=False)
    pytest.skip(reason)


def needed(find: Callable[[], T]) -> T:
    """What `find` finds on this machine, or a skip with the reason."""
    try:
        return find()
    except MissingServerError as reason:
        missing(str(reason))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests that use the application's database, since only these could differ on another one, and those of a step."""
    fixtures = item.fixturenames if isinstance(item, pytest.Function) else ()
    # What `db` and `transactional_db` of pytest-django ask for; the library's tests call another thing `db`.
    if "_django_db_helper" in fixtures or item.get_closest_marker("django_db"):
        item.add_marker("database")
    for name, folders in FOLDERS.items():
        if item.path.is_relative_to(TESTS) and item.path.relative_to(TESTS).parts[0] in folders:
            item.add_marker(name)
        elif item.get_closest_marker(name):
            raise pytest.UsageError(
                f"{item.nodeid} is marked {name}, and no step runs it: it belongs into {' or '.join(folders)}"
            )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give browser tests their second try, and leave out what PostgreSQL need not be asked again."""
    flaky.pytest_collection_modifyitems(items)
    statements.pytest_collection_modifyitems(config, items)


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking through thousands of tests and their modules again and again."""
    freeze_loaded_objects()


def close_interrupted() -> None:
    """Close connections to PostgreSQL whose statement a timeout interrupted: they take no other, from no later test either."""
    for connection in connections.all(initialized_only=True):
        driver = connection.connection if connection.vendor == "postgresql" else None
        if driver is not None and driver.info.transaction_status == TransactionStatus.ACTIVE:
            connection.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With KERN_CI a skipped test is a failed one, whatever skipped it."""
    report = yield
    if report.failed:
        close_interrupted()
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and KERN_CI allows no skipping: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis for this test process alone."""
    with embedded_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database for this test process alone; its user may make more databases."""
    needed(postgresql_programs)
    with temporary_postgresql(in_memory=True) as cluster:
        yield cluster.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium. One a module, so that its event loop is gone before tests of another kind."""
    needed(chromium)
    with started_chromium() as browser:
        yield browser
