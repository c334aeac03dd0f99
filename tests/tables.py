"""Databases with their tables, made once for all processes of a test run: making them takes longer than most of its tests.

`make test` makes them anew. Without it they are kept for later runs, too, as long as nothing changes that they are made of.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import django
import pytest
from django.apps import apps
from django.db import connection

from tests.servers import postgresql_programs

ROOT = Path(__file__).parents[1]
#: Names a folder that the steps of `make test` share; without it the processes of all runs do.
VARIABLE = "KERN_TABLES_FOLDER"
SMALL_DESK = "tests.kern_inbox.small_desk:desk"
#: Versions that are kept.
KEPT = 4
#: Files that tables and the rows of the two desks are made of, in each app and in this project.
MADE_OF = ("migrations/*.py", "models/**/*.py", "demo/*.py", "desk/*.py")


@cache
def shared_folder() -> Path:
    """The folder for what all processes of a run use."""
    if told := os.environ.get(VARIABLE):
        return Path(told)
    folder = ROOT / ".pytest_cache" / "tables" / _version()
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for old in sorted(folder.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    return folder


def made(name: str, make: Callable[[Path], Path]) -> Path:
    """The file of this name in the shared folder; the first process that asks for it makes it, in a folder of its own."""
    file = shared_folder() / name
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            folder = file.with_suffix(".new")
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder).rename(file)
            shutil.rmtree(folder, ignore_errors=True)
    return file


def sqlite_tables(name: str, **variables: str) -> Path:
    """An SQLite file with every table, as `migrate` makes it with these variables."""
    return made(f"{name}.sqlite3", lambda folder: _migrate(folder, variables) / "inbox.sqlite3")


@pytest.fixture(scope="session")
def tables() -> Path:
    """An SQLite file with every table, and with the queue of the small desk."""
    return sqlite_tables("small", KERN_DESK=SMALL_DESK)


@pytest.fixture(scope="session")
def demo_tables() -> Path:
    """An SQLite file with every table, and with the queues of the demo's desk."""
    return sqlite_tables("demo")


@pytest.fixture
def installed(tables: Path, tmp_path: Path) -> Path:
    """A folder (KERN_VAR) with an installation of the small desk that nobody has used yet."""
    shutil.copy(tables, tmp_path / "inbox.sqlite3")
    return tmp_path


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Have pytest-django use the database that is there, which `django_db_modify_db_settings` has made."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Put a database with its tables where the tests' own is expected, and leave no migration to do."""
    creation: Any = connection.creation
    put_tables(connection.settings_dict, str(creation._get_test_db_name()))
    connection.settings_dict["TEST"]["MIGRATE"] = False


def put_tables(described: dict[str, Any], name: str) -> None:
    """Make the database of this name, with every table and the queues of the demo's desk, where Django's settings say."""
    if described["ENGINE"].endswith("sqlite3"):
        shutil.copy(sqlite_tables("demo"), name)
        return
    statements = made("demo.sql", lambda folder: _migrate_postgresql(folder, described))
    _on_server(described, "createdb", name)
    _on_server(described, "psql", "-q", "-o", os.devnull, "-v", "ON_ERROR_STOP=1", "-f", str(statements), name)


def _migrate(folder: Path, variables: dict[str, str]) -> Path:
    environment = {"PATH": os.environ["PATH"], "DEBUG": "1", "KERN_VAR": str(folder), **variables}
    migrate = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    return folder


def _migrate_postgresql(folder: Path, described: dict[str, Any]) -> Path:
    """Make the tables in a database of this server, which no test uses, and write them down as SQL."""
    address = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/tables".format(**described)
    _on_server(described, "createdb", "tables")
    _migrate(folder, {"DATABASE_URL": address})
    _on_server(described, "pg_dump", "--no-owner", "-f", str(folder / "demo.sql"), "tables")
    return folder / "demo.sql"


def _on_server(described: dict[str, Any], program: str, *arguments: str) -> None:
    address = ["-h", described["HOST"], "-p", str(described["PORT"]), "-U", described["USER"]]
    environment = {"PATH": os.environ["PATH"], "PGPASSWORD": described["PASSWORD"], "LC_ALL": "C.UTF-8"}
    subprocess.run([str(postgresql_programs() / program), *address, *arguments], env=environment, check=True)


def _version() -> str:
    """A hash of what tables are made of."""
    made_of = sha256(f"{django.VERSION} {sqlite3.sqlite_version}".encode())
    folders = [*(Path(app.path) for app in apps.get_app_configs()), ROOT / "tests" / "kern_inbox"]
    for folder in folders:
        for path in sorted({path for pattern in (*MADE_OF, "small_desk.py") for path in folder.glob(pattern)}):
            made_of.update(f"{folder.name}/{path.name}".encode() + path.read_bytes())
    return made_of.hexdigest()[:16]
