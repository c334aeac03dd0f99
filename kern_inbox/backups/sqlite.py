"""Backups of SQLite: a consistent copy of the file while the program runs."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from kern_inbox.backups.files import BackupError

#: Seconds to wait for a writer that is at work.
PATIENCE = 30.0
_HEADER = b"SQLite format 3\x00"


def copy(source: Path, target: Path) -> None:
    """Copy the database into the file, in one piece and checked. Raises `BackupError`."""
    if not source.is_file():
        raise BackupError(f"there is no database at {source} yet.")
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=PATIENCE)) as reader,
            closing(sqlite3.connect(target, timeout=PATIENCE)) as copied,
        ):
            # All pages at once: readers do not block writers, and a copy in steps begins anew at each write of another process.
            reader.backup(copied, pages=-1)
            # One file, without a journal beside it.
            copied.execute("PRAGMA journal_mode = DELETE").fetchall()
            must_be_whole(copied, target)
    except sqlite3.Error as problem:
        raise BackupError(f"the copy of {source} failed: {problem}. No backup was made.") from problem


def must_be_whole(database: sqlite3.Connection, file: Path) -> None:
    """Raise `BackupError` where SQLite finds the file damaged."""
    found = [line for (line,) in database.execute("PRAGMA integrity_check(3)")]
    if found != ["ok"]:
        raise BackupError(f"{file} is damaged: {'; '.join(found)[:300]}")


def migrations_in(file: Path) -> set[tuple[str, str]]:
    """Return the migrations in a backup. Raises `BackupError` for a file that is no backup of ours, or damaged."""
    try:
        if not file.is_file() or file.open("rb").read(len(_HEADER)) != _HEADER:
            raise BackupError(f"{file} is no backup of a SQLite database.")
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as reader:
            must_be_whole(reader, file)
            return set(reader.execute("SELECT app, name FROM django_migrations"))
    except (OSError, sqlite3.Error) as problem:
        raise BackupError(f"{file} is no backup that can be read: {problem}") from problem


def rows_in(file: Path) -> int:
    """Return the number of people and conversations in a database; 0 where there is none."""
    if not file.is_file():
        return 0
    counted = 0
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=PATIENCE)) as reader:
            for table in ("sessions_app_person", "sessions_app_session"):
                counted += reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
    except sqlite3.Error:
        # The file cannot be read as a database of ours; it may be another program's.
        return counted + (1 if file.stat().st_size and not _is_empty(file) else 0)
    return counted


def _is_empty(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as reader:
            return not reader.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.Error:
        return False


def must_be_idle(file: Path) -> None:
    """Raise `BackupError` while another process has the database open."""
    if not file.is_file():
        return
    try:
        with closing(sqlite3.connect(file, timeout=1.0)) as database:
            # Leaving the write-ahead log needs the file for oneself.
            database.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.DatabaseError as problem:
        if "locked" in str(problem) or "busy" in str(problem):
            raise BackupError(f"{file} is in use. Stop the program first, then restore.") from problem


def put(file: Path, target: Path, kept: Path | None) -> None:
    """Replace the database by the backup; the former one is kept at `kept`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.restoring-{os.getpid()}")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with (
            closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as reader,
            closing(sqlite3.connect(partial)) as restored,
        ):
            reader.backup(restored, pages=-1)
            must_be_whole(restored, partial)
        for journal in ("-wal", "-shm", "-journal"):
            target.with_name(target.name + journal).unlink(missing_ok=True)
        if kept is not None:
            # A second name first: at no moment is there no database.
            os.link(target, kept)
            kept.chmod(0o600)
        partial.replace(target)
    except (OSError, sqlite3.Error) as problem:
        raise BackupError(f"{target} cannot be written: {problem}. It is as it was.") from problem
    finally:
        partial.unlink(missing_ok=True)


__all__ = ["copy", "migrations_in", "must_be_idle", "put", "rows_in"]
