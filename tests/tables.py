"""A database with its tables, made once for all processes of a test run: making them takes longer than most of its tests."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SMALL_DESK = "tests.kern_inbox.small_desk:desk"


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with every table, and with the queue of the small desk."""
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
    """A folder (KERN_VAR) with an installation of the small desk that nobody has used yet."""
    shutil.copy(tables, tmp_path / "inbox.sqlite3")
    return tmp_path


def _migrate(folder: Path) -> Path:
    environment = {"PATH": os.environ["PATH"], "DEBUG": "1", "KERN_VAR": str(folder), "KERN_DESK": SMALL_DESK}
    migrate = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    return folder / "inbox.sqlite3"
