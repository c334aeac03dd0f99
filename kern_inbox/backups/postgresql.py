"""Backups of PostgreSQL by its own programs `pg_dump` and `pg_restore`, with the address of the settings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.db import connection

from kern_inbox.backups.files import BackupError

_MIGRATION = re.compile(r"^\d+\t([^\t]+)\t([^\t]+)\t", re.MULTILINE)


def copy(settings: dict[str, Any], target: Path) -> None:
    """Dump a consistent snapshot of the database into the file. Raises `BackupError`."""
    _run(settings, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}", *_named(settings))


def migrations_in(settings: dict[str, Any], file: Path) -> set[tuple[str, str]]:
    """Return the migrations in a dump. Raises `BackupError` for a file that is no dump of ours."""
    if not file.is_file():
        raise BackupError(f"there is no file {file}.")
    told = _run(settings, "pg_restore", "--data-only", "--table=django_migrations", "--file=-", str(file))
    found = {(app, name) for app, name in _MIGRATION.findall(told)}
    if not found:
        raise BackupError(f"{file} is no backup of this program's database.")
    return found


def rows_in() -> int:
    """Return the number of people and conversations in the database."""
    known = set(connection.introspection.table_names())
    counted = 0
    with connection.cursor() as cursor:
        for table in {"sessions_app_person", "sessions_app_session"} & known:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
            counted += cursor.fetchone()[0]
    return counted


def must_be_idle() -> None:
    """Raise `BackupError` while other programs are connected to the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        [others] = cursor.fetchone()
    if others:
        raise BackupError(f"{others} other connections to the database are open. Stop the program first, then restore.")


def put(settings: dict[str, Any], file: Path) -> None:
    """Replace the database by the dump, in one transaction: all of it or nothing."""
    connection.close()
    all_or_nothing = ("--single-transaction", "--exit-on-error")
    given = ("--no-owner", "--no-privileges", "--clean", "--if-exists", *all_or_nothing)
    _run(settings, "pg_restore", *given, f"--dbname={settings['NAME']}", *_where(settings), str(file))


def _named(settings: dict[str, Any]) -> list[str]:
    return [*_where(settings), str(settings["NAME"])]


def _where(settings: dict[str, Any]) -> list[str]:
    given = {"--host": settings.get("HOST"), "--port": settings.get("PORT"), "--username": settings.get("USER")}
    return ["--no-password", *(f"{name}={value}" for name, value in given.items() if value)]


def _run(settings: dict[str, Any], program: str, *arguments: str) -> str:
    """Run the program; returns its output. The password is no argument: every user can see those of a process."""
    found = shutil.which(program)
    if found is None:
        raise BackupError(f"{program} is not installed here: it comes with PostgreSQL's client programs (see docs/backup.md).")
    environment = {**os.environ, "PGPASSWORD": str(settings.get("PASSWORD") or "")}
    if mode := settings.get("OPTIONS", {}).get("sslmode"):
        environment["PGSSLMODE"] = str(mode)
    done = subprocess.run([found, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split())[-400:] or f"it ended with {done.returncode}"
        raise BackupError(f"{program} failed: {said}")
    return done.stdout


__all__ = ["copy", "migrations_in", "must_be_idle", "put", "rows_in"]
