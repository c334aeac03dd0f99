"""Restore a backup into the database of the settings."""

from __future__ import annotations

import fcntl
import time
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration

from kern_inbox.backups import postgresql, sqlite
from kern_inbox.backups.files import BackupError
from kern_inbox.backups.operator import operator_name
from kern_inbox.run.checks import LAST_WITH_STEPS, missing_steps
from sessions_app import audit
from sessions_app.models.process import Process


def restore(file: Path, *, replace: bool) -> Path | None:
    """Restore the backup and migrate its tables; returns the path of the kept former database, if there is one.

    Raises `BackupError`, and leaves everything as it was, for a file that is no backup, one of a newer version, a program that
    runs, and a database that has people or conversations in it, unless it is to be replaced.
    """
    is_file = connection.vendor == "sqlite"
    known = sqlite.migrations_in(file) if is_file else postgresql.migrations_in(connection.settings_dict, file)
    _must_be_known(known)
    _must_not_run()
    target = Path(connection.settings_dict["NAME"])
    rows = sqlite.rows_in(target) if is_file else postgresql.rows_in()
    if rows and not replace:
        raise BackupError("the database has people or conversations in it. With --replace the backup takes its place.")
    kept = None
    if is_file:
        kept = _put_file(file, target)
    else:
        postgresql.must_be_idle()
        postgresql.put(connection.settings_dict, file)
    call_command("migrate", "--no-input", verbosity=0)
    audit.record(audit.Kind.BACKUP_RESTORED, subject=str(file.absolute()), name=operator_name(), after={"replaced": bool(rows)})
    return kept


def _put_file(file: Path, target: Path) -> Path | None:
    connection.close()
    sqlite.must_be_idle(target)
    kept = target.with_name(f"{target.name}.before-restore-{time.strftime('%Y%m%d-%H%M%S')}") if target.is_file() else None
    sqlite.put(file, target, kept)
    return kept


def _must_be_known(migrations: set[tuple[str, str]]) -> None:
    ours = [migration for (app, _), migration in _on_disk().items() if app == "sessions_app"]
    known = {("sessions_app", migration.name) for migration in ours} | {step for one in ours for step in one.replaces}
    newer = sorted(name for app, name in migrations if app == "sessions_app" and (app, name) not in known)
    if not known & migrations:
        raise BackupError("this is no backup of this program: its tables are others.")
    if missing := missing_steps(migrations):
        raise BackupError(
            f"this backup was made before version 0.1 and lacks {missing[0]}: restore it with commit {LAST_WITH_STEPS}, "
            "which brings it up to date, and make a new backup of that."
        )
    if newer:
        raise BackupError(f"a newer version of the program made this backup (it has {newer[-1]}). Install that one first.")


def _on_disk() -> dict[tuple[str, str], Migration]:
    return dict(MigrationLoader(None, ignore_no_migrations=True).disk_migrations or {})


def _must_not_run() -> None:
    """Raise `BackupError` while the program runs: `make run` here, or workers and schedulers anywhere."""
    with suppress(FileNotFoundError), (settings.KERN_VAR / "run.lock").open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError("the program runs here. Stop it first, then restore.") from None
    with suppress(DatabaseError):
        if alive := list(Process.objects.alive().values_list("name", flat=True)[:3]):
            raise BackupError(f"the program runs ({', '.join(alive)}). Stop it first and wait half a minute, then restore.")
