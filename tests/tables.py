"""A database with its tables, made once for all processes of a test run: making them takes longer than most of its tests."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: Rows that belong to the schema.
KEPT = ("django_migrations", "django_content_type", "auth_permission", "sqlite_sequence")


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with every table and no rows of the application."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    made = folder / "tables.sqlite3"
    with (folder / "tables.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _migrate(folder / "tables").rename(made)
    return made


@pytest.fixture
def installed(tables: Path, tmp_path: Path) -> Path:
    """A folder (KERN_VAR) with an installation that is up to date and empty."""
    shutil.copy(tables, tmp_path / "inbox.sqlite3")
    return tmp_path


def _migrate(folder: Path) -> Path:
    environment = {"PATH": os.environ["PATH"], "DEBUG": "1", "KERN_VAR": str(folder)}
    migrate = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    file = folder / "inbox.sqlite3"
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        # The queues of the desk that this command found; each test has its own desk.
        for name in names:
            if name not in KEPT:
                database.execute(f"DELETE FROM {name}")
    return file
