"""Databases with their tables, made once for all processes of a test run: making them takes longer than most of its tests."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connections

ROOT = Path(__file__).parents[1]
#: Names a folder that the steps of `make test` share; without it the processes of one pytest do.
VARIABLE = "KERN_TABLES_FOLDER"
SMALL_DESK = "tests.kern_inbox.small_desk:desk"


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """The folder for what all processes of a run use."""
    if told := os.environ.get(VARIABLE):
        return Path(told)
    folder = factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def made(folder: Path, name: str, **variables: str) -> Path:
    """An SQLite file with every table, as `migrate` makes it with these variables; the first process that asks makes it."""
    file = folder / f"{name}.sqlite3"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            _migrate(folder / name, variables).rename(file)
    return file


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with every table, and with the queue of the small desk."""
    return made(shared_folder(tmp_path_factory), "small", KERN_DESK=SMALL_DESK)


@pytest.fixture(scope="session")
def demo_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with every table, and with the queues of the demo's desk."""
    return made(shared_folder(tmp_path_factory), "demo")


@pytest.fixture
def installed(tables: Path, tmp_path: Path) -> Path:
    """A folder (KERN_VAR) with an installation of the small desk that nobody has used yet."""
    shutil.copy(tables, tmp_path / "inbox.sqlite3")
    return tmp_path


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Have pytest-django use the file that is there, where `django_db_modify_db_settings` has put one."""
    return connections["default"].vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Put a database with its tables where the tests' own is expected."""
    database = connections["default"]
    if database.vendor == "sqlite":
        shutil.copy(made(shared_folder(tmp_path_factory), "demo"), database.settings_dict["TEST"]["NAME"])


def _migrate(folder: Path, variables: dict[str, str]) -> Path:
    environment = {"PATH": os.environ["PATH"], "DEBUG": "1", "KERN_VAR": str(folder), **variables}
    migrate = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    return folder / "inbox.sqlite3"
